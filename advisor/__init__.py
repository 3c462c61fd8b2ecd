"""Framework Advisor: which framework for this project, how sure, and what would change it.

What ``__all__`` names is the public Python API; it is imported on first use, so that ``import advisor`` stays light.
Any other module may change in any release. Their types stand in ``__init__.pyi``: the package itself imports nothing.
"""

from __future__ import annotations

__version__ = "0.2.0"

__all__ = [
    "Agreement",
    "Evidence",
    "EvidenceHistory",
    "InputError",
    "Knowledge",
    "KnowledgeError",
    "MeasuredRoutes",
    "Needs",
    "Recommendation",
    "Record",
    "__version__",
    "backtest",
    "evidence_history",
    "load_knowledge",
    "parse_needs",
    "read_evidence",
    "read_needs",
    "read_record",
    "read_routes",
    "recommend",
]


def __getattr__(name: str) -> object:
    """Import a public name on first use (PEP 562)."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    exported: object = getattr(import_module("advisor.api"), name)
    globals()[name] = exported
    return exported


def __dir__() -> list[str]:
    """Return every name there is, those not yet imported too."""
    return sorted({*globals(), *__all__})
