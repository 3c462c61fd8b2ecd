"""What a colleague receives: every form says the same, asks nothing of the network, and quotes without obeying."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from functools import cache
from html.parser import HTMLParser
from string import Formatter
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from advisor import knowledge as knowledge_base
from advisor import report, schemas
from advisor.advise import advise
from advisor.needs import InputError
from advisor.needs import read as read_needs
from advisor.report import charts, figures, pdf
from advisor.report.build import Decision, build, read, without_places
from advisor.report.machines import Machines
from advisor.report.view import TRIFLE, View
from advisor.report.words import WORDS
from advisor.types import Needs
from probes import catalog
from probes.types import Evidence, Status
from tests.advisor.evidence import measurement, ratio_of, session

TODAY = date(2026, 11, 24)
LANGUAGES = ("en", "zh")
EXAMPLES = sorted((knowledge_base.home() / "examples").glob("*.yaml"))
PAIR = {"numerator": "tensorflow", "denominator": "pytorch"}
MACHINE = {"cpu": "Example CPU", "cores": 8, "cores_host": 8, "memory_bytes": 25_276_514_304, "gpus": [], "os": "Linux"}
SAID = ({"who": "user", "text": "a phone app"}, {"who": "advisor", "text": "Which phones?"})
PARITY = {
    "passed": True,
    "outputs": {
        "bound": 1e-4,
        "pytorch": {"distance": 3.3e-7, "array": "logits", "bound": 1e-4},
        "tensorflow": {"distance": 4.5e-7, "array": "logits", "bound": 1e-4},
    },
}
ROOF = {"pytorch": {"compute": 0.44, "bandwidth": 0.1, "limit": "compute"}}


def measured(reason: str = "", cpu: str = "Example CPU") -> Evidence:
    """Return a session of every kind of outcome."""
    costs = {"pytorch": (0.001, 0.0011, 0.0012), "tensorflow": (0.005, 0.0052, 0.0055)}
    tuned = {"pytorch": (0.0010, 0.0011, 0.0012), "tensorflow": (0.0026, 0.0026, 0.0027)}
    training: dict[str, Any] = {"scenario": "training_step", "workload": "mlp", "mode": "default"}
    found = session(
        measurement(
            "training-mlp-default",
            **{**training, "ratio": None},
            samples=costs,
            parity=PARITY,
            roof=ROOF,
        ),
        measurement("training-mlp-tuned", **training, samples=tuned, settings="tuned"),
        measurement("training-mlp-xla", status=Status.NOT_SUPPORTED, reason=reason or "pytorch: has no such side"),
        measurement(
            "inference-mlp-default", status=Status.FAILED, reason=reason or "tensorflow: it broke\n  deep inside"
        ),
        measurement("inference-convnet-default", status=Status.CANCELLED, reason="the budget of 60 s has 4 s left"),
        machine={**MACHINE, "cpu": cpu},
    )
    first, second, *others = found.probes
    first = replace(first, ratio=ratio_of(5.0, 0.02, **PAIR))
    second = replace(second, ratio=ratio_of(2.4, 0.9, **PAIR))
    environments = {"pytorch": {"versions": {"torch": "2.13.0"}, "threads": 4, "flags": {"tf32": False}}}
    return replace(found, probes=(first, second, *others), environments=environments)


@cache
def decision(name: str = "phone-app", *, with_evidence: bool = True, transcript: bool = True) -> Decision:
    knowledge = knowledge_base.load()
    needs = read_needs(str(knowledge_base.home() / "examples" / f"{name}.yaml"), knowledge)
    return decide(needs, (measured(),) if with_evidence else (), SAID if transcript else ())


def decide(needs: Needs, evidence: tuple[Evidence, ...], transcript: tuple[dict[str, str], ...] = ()) -> Decision:
    knowledge, probes = knowledge_base.load(), tuple(catalog.load().values())
    machine = evidence[0].machine if evidence else None
    found = advise(needs, knowledge, evidence, today=TODAY, probes=probes, machine=machine)
    return build(needs, found, evidence, knowledge, made_on=TODAY, transcript=transcript, probes=probes)


def text_of(made: Decision, form: str, lang: str = "en") -> str:
    return report.formats()[form].render(made, lang).decode()


# ---------------------------------------------------------------- every form


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("form", ["html", "md", "json"])
def test_every_form_holds_the_answer_in_either_language(form: str, lang: str) -> None:
    made = decision()

    said = text_of(made, form, lang)

    answer = View(made, lang).answer()["name"] if form != "json" else str(made.recommendation.recommended)
    assert answer in said


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_example_makes_a_report_without_measurements(path: Any) -> None:
    made = decision(path.stem, with_evidence=False, transcript=False)

    for form in ("html", "md", "json"):
        assert len(text_of(made, form)) > 1000


def test_no_answers_at_all_still_make_a_report() -> None:
    made = decide(Needs(), ())

    assert WORDS["en"]["nobody"] in text_of(made, "html")
    assert WORDS["zh"]["nobody"] in text_of(made, "md", "zh")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_pdf_is_a_pdf_or_says_which_font_it_wants(lang: str) -> None:
    try:
        pdf.find_font(lang)
    except InputError:
        with pytest.raises(InputError, match="install fonts-"):
            report.formats()["pdf"].render(decision(), lang)
    else:
        assert report.formats()["pdf"].render(decision(), lang).startswith(b"%PDF")


def test_a_pdf_without_a_font_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setattr(pdf, "font_folders", lambda: (tmp_path, tmp_path / "missing"))

    with pytest.raises(InputError, match="fonts-noto-cjk") as refused:
        report.formats()["pdf"].render(decision(), "zh")

    assert ".html" in refused.value.problems[0]


def test_both_languages_have_the_same_words_with_the_same_blanks() -> None:
    def blanks(text: str) -> set[str]:
        return {name for _, name, _, _ in Formatter().parse(text) if name}

    assert WORDS["en"].keys() == WORDS["zh"].keys()
    assert {key: blanks(text) for key, text in WORDS["en"].items()} == {
        key: blanks(text) for key, text in WORDS["zh"].items()
    }
    assert all(text.strip() for words in WORDS.values() for text in words.values())


# ---------------------------------------------------------------- a page by itself


class Page(HTMLParser):
    """Tags with their attributes, in order, and the text between them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def names(self) -> list[str]:
        return [tag for tag, _ in self.tags]


FETCHING = {"src", "srcset", "data", "action", "formaction", "poster", "background", "ping", "manifest", "cite"}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_page_asks_nothing_of_the_network(lang: str) -> None:
    source = text_of(decision(), "html", lang)
    page = Page(source)

    assert not {"script", "link", "img", "iframe", "object", "embed", "form", "base", "video"} & set(page.names)
    for tag, attributes in page.tags:
        assert not FETCHING & set(attributes), (tag, attributes)
        assert not [name for name in attributes if name.startswith("on")], (tag, attributes)
        if "href" in attributes:
            assert tag == "a"
            assert re.match(r"https?://|#", attributes["href"] or ""), attributes
    assert not re.search(r"url\(|@import", source)
    policies = [attributes for _, attributes in page.tags if attributes.get("http-equiv") == "Content-Security-Policy"]
    assert "default-src 'none'" in str(policies[0]["content"])


def test_every_link_inside_a_page_has_its_target() -> None:
    page = Page(text_of(decision(), "html"))
    places = {attributes["id"] for _, attributes in page.tags if "id" in attributes}
    links = {str(a["href"])[1:] for _, a in page.tags if str(a.get("href", "")).startswith("#")}

    assert links <= places


# ---------------------------------------------------------------- words of others

MEAN = [
    "<script>alert(1)</script>",
    "</title><img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)',
    "[here](javascript:alert(1))",
    "![x](https://example.org/x.png)",
    "| a | b |\n| - | - |",
    "# head\n\n---\n\n- item",
    "**bold** _slanted_ `code` ~~gone~~",
    "<https://example.org> &lt;b&gt; &amp;",
    "```\nfence\n```",
    "back\\slash \\<b>",
    "{{ 7 * 7 }} {% raw %}",
]
strings = st.one_of(
    st.sampled_from(MEAN),
    st.lists(st.sampled_from(MEAN), min_size=2, max_size=3).map(" ".join),
    st.text(alphabet=st.characters(exclude_categories=("Cs", "Cc", "Cn")), min_size=1, max_size=60),
)
slow = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def quoting(text: str) -> Decision:
    """Return a decision that quotes ``text`` wherever other people's words can stand."""
    made = decision()
    evidence = json.loads(json.dumps(made.evidence))
    evidence[0]["machine"].update(cpu=text, os=text)
    evidence[0]["environments"]["pytorch"]["device"] = text
    evidence[0]["probes"][2]["reason"] = text
    return made.model_copy(
        update={"transcript": ({"who": "user", "text": text},), "evidence": tuple(evidence), "versions": {"x": text}}
    )


@cache
def plain_tags() -> list[str]:
    return Page(text_of(quoting("word"), "html")).names


@slow
@given(strings)
def test_what_others_wrote_is_text_in_a_page(text: str) -> None:
    page = Page(text_of(quoting(text), "html"))

    assert page.names == plain_tags()
    assert text in "".join(page.words)


def tokens(markdown: str) -> Iterator[str]:
    for token in MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(markdown):
        yield token.type
        yield from (child.type for child in token.children or () if child.type != "text")


@cache
def plain_tokens() -> list[str]:
    return list(tokens(text_of(quoting("word"), "md")))


@slow
@given(strings.filter(lambda text: text.strip()))
def test_what_others_wrote_is_text_in_markdown(text: str) -> None:
    found = list(tokens(text_of(quoting(text), "md")))

    assert "html_inline" not in found
    assert "html_block" not in found
    assert found == plain_tokens()


def test_where_things_lie_on_this_disk_stays_here() -> None:
    evidence = measured(reason='tensorflow: in "/home/jane/secret/model.py", see C:\\Users\\jane\\x.txt and ~/jane/y')
    environments = {"pytorch": {"flags": {"executable": "/home/jane/venv/bin/python"}}}
    private = replace(evidence, environments=environments, machine={**MACHINE, "hostname": "jane-laptop"})
    made = decide(Needs(answers={"stage": "production"}), (private,))

    for form in ("html", "md", "json"):
        assert "jane" not in text_of(made, form)
    assert "model.py" in text_of(made, "html")


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ('File "/home/jane/model.py", line 2', 'File "model.py", line 2'),
        ("no space left on /home/jane", "no space left on "),
        ('File "x.py", line 2\n  File "/home/ja', 'File "x.py", line 2\n  File "'),
        ("file:///srv/data/set.npz is missing", "set.npz is missing"),
    ],
)
def test_a_place_on_disk_becomes_a_name(said: str, told: str) -> None:
    assert without_places(said) == told


@given(st.text(max_size=80))
def test_taking_places_out_twice_changes_nothing_more(text: str) -> None:
    once = without_places(text)

    assert without_places(once) == once


@pytest.mark.parametrize("kept", ["https://example.org/a/b", "/CPU:0", "and/or", "pip install torch", "a / b"])
def test_what_is_no_place_on_disk_is_kept(kept: str) -> None:
    assert without_places(kept) == kept


# ---------------------------------------------------------------- complete


def test_json_comes_back_as_it_went() -> None:
    made = decision()

    document = json.loads(text_of(made, "json"))

    jsonschema.validate(document, schemas.schema("decision"))
    assert text_of(read(document), "json") == text_of(made, "json")
    assert text_of(read(document), "html") == text_of(made, "html")


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_cited_claim_and_source_is_in_the_document(path: Any) -> None:
    document = decision(path.stem).document()
    found = document["recommendation"]
    cited = {*found["for"], *found["against"]}
    for group in ("criteria", "routes", "excluded"):
        cited |= {claim for row in found[group] for claim in row["claims"]}
    cited |= {verdict["claim"] for verdict in found["verdicts"]}

    assert cited <= document["claims"].keys()
    assert {key for claim in document["claims"].values() for key in claim["sources"]} <= document["sources"].keys()
    page = text_of(decision(path.stem), "html")
    assert all(f'id="claim-{claim}"' in page for claim in cited)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_contributions_add_up_to_the_utility_and_leads_to_the_lead(path: Any) -> None:
    view = View(decision(path.stem), "en")
    found = view.found

    for framework, utility in found.utility.items():
        shown = sum(row["contribution"][framework] for row in view.criteria())
        assert shown == pytest.approx(utility, abs=1e-9)
        assert f"{utility:.3f}" in text_of(view.decision, "html")
    leader, rival = found.recommended, view.rival()
    assert leader is not None
    assert rival is not None
    told = sum(row["lead"] for rows in view.reasons().values() for row in rows)
    assert told == pytest.approx(found.utility[leader] - found.utility[rival], abs=TRIFLE * len(found.criteria))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_a_dead_end_is_never_the_way_of_a_plan(path: Any) -> None:
    made = decision(path.stem)
    routes = [route.model_copy(update={"status": "dead", "best": True}) for route in made.recommendation.routes]
    buried = made.model_copy(
        update={"recommendation": made.recommendation.model_copy(update={"routes": tuple(routes)})}
    )

    for framework in made.recommendation.acceptability:
        assert all(row["best"]["living"] for row in View(made, "en").plan(framework) if row["best"])
        assert not any(row["best"] for row in View(buried, "en").plan(framework))
    assert WORDS["en"]["no_way"] in text_of(buried, "html")


def test_markdown_is_a_decision_record_of_madr_4() -> None:
    text = text_of(decision(), "md")
    _, front, body = text.split("---\n", 2)

    assert yaml.safe_load(front) == {
        "status": "proposed",
        "date": TODAY,
        "decision-makers": [],
        "consulted": [],
        "informed": [],
    }
    headings = re.findall(r"^## (.+)$", body, re.MULTILINE)
    assert headings == [
        "Context and Problem Statement",
        "Decision Drivers",
        "Considered Options",
        "Decision Outcome",
        "Pros and Cons of the Options",
        "More Information",
    ]
    assert {"### Consequences", "### Confirmation"} <= set(body.splitlines())


# ---------------------------------------------------------------- what the machine said


def machines(lang: str = "en") -> Machines:
    return Machines(View(decision(), lang))


def test_a_ratio_is_told_with_both_medians_and_in_words() -> None:
    (found,) = machines().sessions()
    first, second = found["compared"]

    assert first["costs"] == {"pytorch": "1.1 ms", "tensorflow": "5.2 ms"}
    assert first["figure"] == "5.00 (4.90 to 5.10)"
    assert first["verdict"] == "PyTorch needs less: TensorFlow needs 5.00 × as much"
    assert second["verdict"] == WORDS["en"]["too_wide"]
    assert first["limits"] == ["PyTorch: arithmetic (44 % of what this machine can do)"]
    assert first["parity"] == [
        {"part": "outputs", "distances": "PyTorch 3.3e-07, TensorFlow 4.5e-07", "bound": "1e-04"}
    ]


def test_tuned_settings_stand_beside_the_defaults() -> None:
    (found,) = machines().sessions()

    assert found["tuned"][0].endswith("PyTorch 1.1 ms → 1.1 ms (+0 %); TensorFlow 5.2 ms → 2.6 ms (-50 %)")


def test_what_gave_no_figure_says_why_and_the_way_out() -> None:
    (found,) = machines().sessions()

    assert [(row["probe"], row["status"], row["reason"]) for row in found["missing"]] == [
        ("training-mlp-xla", "not supported", "PyTorch: has no such side."),
        ("inference-mlp-default", "failed", "TensorFlow: it broke."),
    ]
    assert "probe run inference-mlp-default" in found["missing"][1]["way_out"]
    assert found["left_out"] == ["inference-convnet-default"]


def test_a_contradiction_shows_both_numbers_and_what_moved_shows_its_size() -> None:
    (conflict,) = machines().conflicts()
    (together,) = machines().together()
    before = machines().before()

    assert "5.00" in conflict
    assert together["documented"] in conflict.replace("-", " to ")
    assert together["measured"].startswith("5.00")
    assert before is not None
    assert re.fullmatch(r"Training speed moved \d+\.\d points towards \w+", before["moved"][0])


def test_the_page_says_what_the_view_says() -> None:
    page = "".join(Page(text_of(decision(), "html")).words)

    for phrase in ("5.2 ms", "needs 5.00 × as much", "has no such side", "25.3 GB", "Example CPU"):
        assert phrase in page


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (7.79e-5, "s", "77.9 µs"),
        (0.0284, "s", "28.4 ms"),
        (134.0, "s", "134 s"),
        (1234.5, "s", "1,234 s"),
        (4e-7, "s", "0.4 µs"),
        (25_276_514_304, "bytes", "25.3 GB"),
        (66_000, "bytes", "66 kB"),
        (12, "lines", "12 lines"),
        (0.25, "", "0.25"),
    ],
)
def test_a_cost_has_the_unit_that_suits_its_size(value: float, unit: str, said: str) -> None:
    assert figures.amount(value, unit, WORDS["en"]) == said


@given(st.floats(0.02, 50), st.floats(0.001, 2))
def test_a_ratio_and_its_inverse_stand_mirrored_on_the_axis(value: float, width: float) -> None:
    low, high = value / (1 + width), value * (1 + width)
    one = {"ratio": {"value": value, "low": low, "high": high}}
    other = {"ratio": {"value": 1 / value, "low": 1 / high, "high": 1 / low}}

    drawn = charts.ratios([one, other])

    assert drawn is not None
    first, second = drawn["bars"]
    assert first["dot"] + second["dot"] == pytest.approx(100, abs=0.02)
    assert first["width"] == pytest.approx(second["width"], abs=0.03)
    assert all(bar["left"] >= 0 and bar["left"] + bar["width"] <= 100.01 for bar in drawn["bars"])
    assert len(drawn["ticks"]) <= charts.FEW
