"""One page of the app in a session of its own, for tests."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest


def draw(module: str) -> None:
    """The script that AppTest runs: one page in a fresh session."""
    from importlib import import_module

    from advisor.ui import state

    state.begin()
    import_module(f"advisor.ui.pages.{module}").page()
    state.mirror()


def opened(module: str, **parameters: str) -> AppTest:
    """Open a page under an address with these parameters."""
    app = AppTest.from_function(draw, kwargs={"module": module}, default_timeout=60)
    for key, value in parameters.items():
        app.query_params[key] = value
    app.run()
    assert not app.exception
    return app
