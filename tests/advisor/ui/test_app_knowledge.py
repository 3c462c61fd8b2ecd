"""The Knowledge page: search, filters, tabs."""

from __future__ import annotations

import pytest

from advisor.knowledge.loading import load_knowledge
from tests.advisor.ui.pages import opened

pytestmark = pytest.mark.usefixtures("own_home")


def test_searching_the_knowledge_finds_and_says_when_nothing_fits() -> None:
    app = opened("knowledge")
    app.text_input(key="knowledge-query").set_value("torchscript").run()
    assert not app.exception
    assert app.expander

    app.text_input(key="knowledge-query").set_value("<script>alert(1)</script>").run()
    assert not app.exception
    assert any("Nothing fits" in info.value for info in app.info)


@pytest.mark.parametrize(("lang", "tab"), [("en", "Tools"), ("zh", "工具")])
def test_what_was_typed_stays_while_another_tab_is_read(lang: str, tab: str) -> None:
    app = opened("knowledge", lang=lang)
    app.text_input(key="knowledge-query").set_value("torchscript").run()
    shown = app.session_state[f"tabs-{lang}"]
    app.session_state[f"tabs-{lang}"] = tab
    app.run()
    assert not app.exception
    assert app.number_input(key="tool-page").max > 1
    app.text_input(key="tool-query").set_value("torchserve").run()
    assert [expander.label.split()[0] for expander in app.expander] == ["TorchServe"]

    app.session_state[f"tabs-{lang}"] = shown
    app.run()
    assert app.text_input(key="knowledge-query").value == "torchscript"


@pytest.mark.parametrize("tab", ["变化", "均衡性"])
def test_every_part_of_the_knowledge_draws(tab: str) -> None:
    app = opened("knowledge", lang="zh")
    app.session_state["tabs-zh"] = tab
    app.run()
    assert not app.exception
    assert len(app.markdown) > 10


def test_a_change_of_language_leaves_the_tab_open() -> None:
    app = opened("knowledge", lang="en")
    app.session_state["tabs-en"] = "What changed"
    app.run()
    app.session_state["lang"] = "zh"
    app.run()
    assert not app.exception
    assert app.session_state["tabs-zh"] == "变化"


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_knowledge_filter_leaves_only_what_fits(lang: str) -> None:
    app = opened("knowledge", lang=lang)
    app.multiselect(key="knowledge-truth").set_value(["wrong"]).run()

    assert not app.exception
    wrong = [claim for claim in load_knowledge().claims.values() if claim.truth == "wrong"]
    assert any(str(len(wrong)) in caption.value for caption in app.caption)
