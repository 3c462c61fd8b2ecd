"""Backends: how one framework is configured, compiled, synchronised and asked. One module each.

``Backend`` is what each module satisfies; the folder is the registry and the module's name is the framework's id.
A module is imported before its framework is: only ``start`` imports that.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, Protocol

from probes.types import Opened, Reason

CONTROL = "null"
"""The backend of the control arm, which is no framework."""

USUAL_PAIR = ("pytorch", "tensorflow")
"""The frameworks that are compared where none are named."""


def frameworks() -> tuple[str, ...]:
    """Return the ids of the frameworks that have a backend, in alphabetical order; imports none of them."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__) if module.name != CONTROL))


def known() -> tuple[str, ...]:
    """Return the ids of all backends, the control arm's last."""
    return (*frameworks(), CONTROL)


def builds(framework: str) -> tuple[str, ...]:
    """Return the distributions that hold a framework beside its usual one, none where it has no backend."""
    if framework not in frameworks():
        return ()
    other: tuple[str, ...] = import_module(f"{__name__}.{framework}").BUILDS
    return other


class Backend(Protocol):
    """The calls every backend answers, in the order in which a worker makes them."""

    MODULE: str
    """What ``import`` must find; its absence is ``not-installed``."""

    ADD: str
    """The command that adds it."""

    SWITCHES: Mapping[str, str]
    """Which of ``defaults`` a user sets by an environment variable, and which; "1" is on, "0" off."""

    BUILDS: tuple[str, ...]
    """Distributions other than the usual one that hold the same framework."""

    CXX: bool
    """Whether what it compiles for a CPU goes through this machine's C++ compiler."""

    FILES: tuple[str, ...]
    """What models that it saves whole are called: how a file's name ends, or a file that lies in their folder."""

    def before_import(self, *, threads: int, settings: str) -> None:
        """Set environment variables that the framework reads at import."""

    def start(self, *, threads: int, settings: str) -> None:
        """Import the framework and set threads, precision and memory growth through its own API."""

    def devices(self) -> list[dict[str, str]]:
        """List usable devices, the CPU first: ``kind`` (cpu, cuda, rocm, mps, xpu, tpu), ``name`` (the framework's
        word for it, fit for ``Build.device``) and ``description``."""

    def use(self, kind: str) -> str:
        """Make the first device of a kind the place of all work; return the framework's name of it.

        Raises:
            Unsupported: there is none.
        """

    def ledger(self) -> dict[str, Any]:
        """Read back, by the framework's own API, what must be equal in both arms: ``threads``, ``tf32``."""

    def defaults(self) -> dict[str, Any]:
        """Read back what each framework chooses for itself and a user gets: ``onednn``, ``layout``, ``allocator``,
        ``instruction_set``. Recorded and shown, never a reason to refuse; None where it cannot be read back.
        """

    def facts(self) -> dict[str, Any]:
        """Read back what else must be known: ``versions``, ``threads_inter``, ``build``."""

    def compile(self, mode: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Return what ``mode`` does to a function (identity for eager and default).

        Raises:
            Unsupported: the mode cannot be had here.
        """

    def synchronise(self) -> None:
        """Wait until all devices are done."""

    def memory(self) -> dict[str, int]:
        """Ask the accelerator's allocator for bytes ``allocated``, ``peak``, ``reserved``; empty on a CPU."""

    def reset_memory(self) -> None:
        """Start a new peak."""

    def counters(self) -> dict[str, int]:
        """Count ``compilations``, ``graph_breaks``, ``fallbacks`` and ``retraces`` since the process began."""

    def explain(self, error: BaseException) -> Reason | None:
        """Return what the user can do about an error that tells of something missing on the machine; else None.

        The probe is then ``not-installed`` with that reason.
        """

    def mend(self, error: BaseException) -> bool:
        """Remove from the framework's cache of compiled code what an error says is broken there.

        Whoever ends a process while it compiles may leave half a file. True if it is worth trying once more.
        """

    def keep_compiled(self, folder: str) -> None:
        """Keep compiled code in this folder from now on, where the framework keeps any on disk."""

    def fetched(self, tensor: Any) -> Any:
        """Return a tensor that a twin gave as an array."""

    def matmul(self, n: int, dtype: str, device: str) -> Callable[[], Any]:
        """Return a call that multiplies two n x n matrices: the compute roof."""

    def copy(self, count: int, device: str) -> Callable[[], Any]:
        """Return a call that copies ``count`` float32 numbers: the bandwidth roof."""

    def release(self) -> None:
        """Forget compiled functions and free what the last probe held."""

    def opened(self, path: str) -> Opened:
        """Load a model that was saved whole.

        Raises:
            Unsupported: it holds no model that answers, or one whose inputs it does not tell.
        """
