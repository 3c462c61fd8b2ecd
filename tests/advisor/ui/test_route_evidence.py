"""Measured routes on the pages: what figure would change the answer, what to measure, what a claim's card says."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from advisor.decisions import store
from probes.evidence.sets import session_of
from tests import measured_routes
from tests.advisor.ui.pages import opened

pytestmark = pytest.mark.usefixtures("own_home")


def text_of(app: AppTest) -> str:
    kinds = ("header", "subheader", "markdown", "caption", "info", "warning")
    return "\n".join(str(element.value) for kind in kinds for element in app.get(kind)).replace("\\", "")


def with_routes(page: str, **parameters: str) -> AppTest:
    session = session_of(measured_routes.table())
    number = store.add_evidence(session)
    ended = "".join(letter for letter in session.finished if letter.isdecimal())[:14]
    return opened(page, measured=f"{number}-{ended}", **parameters)


@pytest.mark.parametrize(("lang", "heading"), [("en", "Routes worth measuring"), ("zh", "值得实测的路线")])
def test_the_recommendation_names_routes_worth_measuring_with_their_command(lang: str, heading: str) -> None:
    app = opened("recommendation", deploy="mobile", lang=lang)

    assert heading in text_of(app)
    assert any("routes run --routes" in element.value for element in app.code)


def test_the_plan_says_at_which_size_it_would_be_another() -> None:
    app = with_routes("recommendation", deploy="mobile", target="artifact_mb:0.1")

    assert "your target ≤ 100 KB decides: above 100 KB" in text_of(app)


def test_a_claim_shows_what_a_row_says_of_it() -> None:
    app = with_routes("knowledge", deploy="mobile")
    app.text_input(key="knowledge-query").set_value("LiteRT takes models from TensorFlow, PyTorch and JAX").run()

    said = text_of(app)
    assert "Can be tested here by: tensorflow-litert, pytorch-litert" in said
    assert "By your measurements: cannot tell (tensorflow-litert fp32: answers like its source" in said
