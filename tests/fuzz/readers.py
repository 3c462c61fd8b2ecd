"""Who reads foreign data. A reader is one entry of ``READERS``; nothing else has to follow.

A reader is called with what a user, a colleague, another program or a worker may hand in, as text or as a file's bytes,
the way the program itself calls it. It returns what it accepts and raises its own error for the rest.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import numpy as np
import yaml
from hypothesis import strategies as st

from advisor import reading, report
from advisor.cli import inputs as cli_inputs
from advisor.cli import output
from advisor.curation import releases
from advisor.decisions.diff import compare_decisions
from advisor.decisions.document import Decision, build_decision, read_decision
from advisor.decisions.recheck import recheck
from advisor.decisions.runtime_context import RuntimeContext
from advisor.decisions.verification import verify
from advisor.errors import InputError, KnowledgeError
from advisor.knowledge.loading import check_knowledge, knowledge_folder, load_knowledge
from advisor.knowledge.needs_files import parse_needs, read_needs
from advisor.model.knowledge import Knowledge
from advisor.model.needs import Needs
from advisor.model.recommendation import Recommendation
from advisor.reading import lexicon, phrases
from advisor.recommendation import recommend
from advisor.ui import query_params
from probes import reasons
from probes.calibration import self_test
from probes.catalog.loading import CatalogError, load_catalog
from probes.cluster import view
from probes.cluster.gathering import Gathered, Unreachable, _Records
from probes.evidence.documents import EvidenceError, evidence_document, parse_evidence, read_evidence
from probes.evidence.routes import parse_routes, read_routes, routes_document
from probes.evidence.sets import set_document
from probes.session.arms import Arm
from probes.session.worker_client import Client, Lost
from probes.statistics import ratios, targets
from probes.system import machine, sample_arrays
from probes.types import Evidence, Routes
from tests.advisor import reports
from tests.advisor.evidence import paired, session
from tests.advisor.knowledge import base
from tests.fuzz import inputs
from tests.probes.evidence import test_routes

Given = str | bytes
TODAY = date(2026, 11, 24)
HERE = Path(__file__).resolve().parents[2]


class Refused(Exception):
    """What a reader that returns its problems, instead of raising them, found wrong."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class Reader:
    """One reader of foreign data.

    Attributes:
        share: inputs it gets, against the other readers'; a slow one gets fewer.
        strategy: gives the strategy of its inputs; called once a process, since a corpus may take time to make.
        read: (input, a folder of its own) -> what was accepted.
        refusals: the errors by which it refuses.
        carry_on: what the program does next with what was accepted; it may refuse it too, by an InputError.
        every: of the accepted ones, one in so many is carried on.
    """

    share: int
    strategy: Callable[[], st.SearchStrategy[Any]]
    read: Callable[[Any, Path], Any]
    refusals: tuple[type[BaseException], ...]
    carry_on: Callable[[Any], object] = lambda accepted: None
    every: int = 100


# ---------------------------------------------------------------- what is read against


@cache
def knowledge() -> Knowledge:
    return load_knowledge()


@cache
def recommender() -> Callable[[Needs], Recommendation]:
    return RuntimeContext.here(knowledge()).recommender(knowledge())


@cache
def small_base() -> Knowledge:
    """Return the base of ten entries: a decision of the real one is far longer and is read no otherwise."""
    with tempfile.TemporaryDirectory() as folder:
        return load_knowledge(base.write(Path(folder)))


@cache
def decision() -> dict[str, Any]:
    """Return a decision of the small base that cites a claim, with evidence of every kind of outcome."""
    needs = parse_needs({"answers": {"deploy": ["mobile"]}}, small_base())
    measured = (reports.measured(),)
    found = recommend(needs, small_base(), measured, today=TODAY, probes=(base.PROBE,), machine=measured[0].machine)
    made = build_decision(
        needs,
        found,
        measured,
        small_base(),
        made_on=TODAY,
        versions={"alpha": "2.0"},
        transcript=reports.SAID,
        probes=(base.PROBE,),
        measurable=("alpha", "beta"),
    )
    plain: dict[str, Any] = json.loads(json.dumps(made.document()))
    return plain


@cache
def needs_corpus() -> tuple[dict[str, Any], ...]:
    examples = sorted((knowledge_folder() / "examples").glob("*.yaml"))
    whole = {
        "schema": "needs/1",
        "answers": {
            question.id: [question.options[0].id] if question.kind == "many" else question.options[0].id
            for question in knowledge().questions.values()
        },
        "excluded": {"hardware": ["nvidia", "amd"]},
        "priorities": dict.fromkeys(knowledge().criteria, 1.5),
        "certainty": dict.fromkeys(knowledge().questions, 0.5),
    }
    return (*(yaml.safe_load(path.read_text(encoding="utf-8")) for path in examples), whole)


@cache
def evidence_corpus() -> tuple[dict[str, Any], ...]:
    kept = HERE / "tests" / "probes" / "evidence" / "evidence_with_pairs_left_out.json"
    selftest = {"process_sd": 0.02, "process_df": 20.0, "framework": "null", "history": []}
    mine = session(paired("training-mlp-eager"))
    own = {**evidence_document(mine), "selftest": selftest}
    return (
        json.loads(json.dumps(evidence_document(reports.measured()))),
        json.loads(kept.read_text(encoding="utf-8")),
        json.loads(json.dumps(own)),
    )


# ---------------------------------------------------------------- reading, as the program does it


def _file(given: bytes, folder: Path, name: str) -> str:
    path = folder / name
    path.write_bytes(given)
    return str(path)


def _read_needs(given: bytes, folder: Path) -> Needs:
    return read_needs(_file(given, folder, "needs.yaml"), knowledge())


def _cli_evidence(given: bytes, folder: Path) -> Evidence:
    with contextlib.redirect_stderr(io.StringIO()):  # probes that nobody knows are named there
        (found,) = output.read_evidence([_file(given, folder, "evidence.json")])
    return found


def _api_evidence(given: bytes, folder: Path) -> Evidence:
    return read_evidence(_file(given, folder, "evidence.json"))


def _routes_corpus() -> list[Any]:
    whole = test_routes.document()
    return [whole, {**whole, "rows": whole["rows"][2:]}, test_routes.several()]


def _read_routes(given: bytes, folder: Path) -> Routes:
    return read_routes(_file(given, folder, "routes.json"))


def _table_again(found: Routes) -> None:
    parse_routes(json.loads(json.dumps(routes_document(found), allow_nan=False)))


def _interpreted(found: Evidence) -> None:
    plain = evidence_document(found)
    parse_evidence(json.loads(json.dumps(plain, allow_nan=False)))
    needs = parse_needs({"answers": {"stage": "research", "domain": ["nlp"]}}, knowledge())
    here = RuntimeContext.here(knowledge())
    made = here.decision(needs, here.recommend(needs, knowledge(), [found]), [found], knowledge())
    _rendered(made)


def _read_decision(given: bytes, folder: Path) -> tuple[dict[str, Any], Decision]:
    document = output.read_json(_file(given, folder, "decision.json"))
    return document, read_decision(document)


def _rendered(made: Decision) -> None:
    for form in ("html", "md"):
        for lang in ("en", "zh"):
            report.formats()[form].render(made, lang)


def _opened(accepted: tuple[dict[str, Any], Decision]) -> None:
    """Render it, and ask of it what can be asked; each may refuse what the one before took."""
    document, made = accepted
    steps: tuple[Callable[[], object], ...] = (
        lambda: _rendered(made),
        lambda: verify(document, small_base(), probes=(base.PROBE,)),
        lambda: recheck(document, small_base(), today=TODAY, probes=(base.PROBE,), measurable=("alpha", "beta")),
        lambda: compare_decisions(document, decision()),
    )
    for step in steps:
        with contextlib.suppress(InputError):
            step()


def _read_lines(given: bytes, folder: Path) -> list[Needs]:
    """Answer a file line by line, as ``recommend --lines`` does; a file is accepted where one of its lines is."""
    found: list[Needs] = []

    def answer(line: Mapping[str, Any]) -> dict[str, Any]:
        needs = cli_inputs.line_needs(line, knowledge())
        found.append(needs)
        return needs.document()

    path = _file(given, folder, "lines.jsonl")
    with contextlib.redirect_stdout(io.StringIO()) as told:
        output.answer_lines(path, answer)
    answers = [json.loads(line) for line in told.getvalue().split("\n") if line]
    asked = sum(bool(line.strip()) for line in Path(path).read_bytes().decode("utf-8-sig").split("\n"))
    assert len(answers) == asked, f"{asked} lines asked, {len(answers)} answered"
    if not found:
        raise Refused([str(one["error"]) for one in answers] or ["lines.jsonl: it holds no line"])
    return found


def _understand(given: str, _folder: Path) -> reading.Understanding:
    found = reading.read(given, knowledge())
    spans = [slot.span for slot in (*found.slots, *found.targets)]
    assert all(0 <= start <= end <= len(given) for start, end in spans), "a span outside the text"
    return found


def _decode(given: str, _folder: Path) -> Needs:
    needs, problems = query_params.decode(dict(parse_qsl(given, keep_blank_values=True)), knowledge())
    assert parse_needs(needs.document(), knowledge()) == needs, "what an address restores is no valid needs"
    if problems:
        raise Refused([f"{what}: unknown; {near}" for what, near in problems])
    return needs


def _base_strategy() -> st.SearchStrategy[bytes]:
    """Draw a file of the small base, its name before it on a line of its own."""

    def of(name: str) -> st.SearchStrategy[bytes]:
        text = base.FILES[name]
        content = inputs.yaml_files([yaml.safe_load(text)]) | inputs.text_files([text])
        return content.map(lambda raw: f"{name}\n".encode() + raw)

    return st.sampled_from(sorted(base.FILES)).flatmap(of)


def _read_base(given: bytes, folder: Path) -> Knowledge:
    """Read the small base with one file replaced: the first line names it, the rest is what it holds now."""
    name, _, content = given.partition(b"\n")
    file = name.decode(errors="replace")
    if file not in base.FILES:
        raise Refused(["the first line: it names no file of the base"])
    if not (folder / "knowledge").is_dir():
        base.write(folder)
    path = folder / "knowledge" / file
    before = path.read_bytes()
    path.write_bytes(content)
    try:
        checked = check_knowledge(folder / "knowledge", today=base.TODAY, catalogue=base.CATALOGUE)
    finally:
        path.write_bytes(before)
    if checked.problems:
        raise Refused([str(problem) for problem in checked.problems])
    assert checked.knowledge is not None
    return checked.knowledge


def _weighed(held: Knowledge) -> None:
    recommend(parse_needs({"answers": {}}, held), held, today=base.TODAY, probes=(base.PROBE,), measurable=("alpha",))


def _read_catalogue(given: bytes, folder: Path) -> object:
    for kind in ("scenarios", "workloads"):  # its entries name modules of the folder beside it
        with contextlib.suppress(FileExistsError):
            (folder / kind).symlink_to(HERE / "probes" / kind)
    return load_catalog(Path(_file(given, folder, "catalog.yaml")))


def _catalogue_corpus() -> list[Any]:
    entries = yaml.safe_load((HERE / "probes" / "catalog.yaml").read_text(encoding="utf-8"))
    return [entries[:2], entries[-2:], [entry for entry in entries if entry.get("baseline")][:2]]


def _lexicon_corpus() -> list[Any]:
    whole = yaml.load((knowledge_folder() / "lexicon.yaml").read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return [{**whole, "concepts": whole["concepts"][at : at + 3]} for at in (0, 20, 60)]


def _read_lexicon(given: bytes, folder: Path) -> object:
    lexicon._cached.cache_clear()  # it looks at the time of the file alone, and thousands are written a second
    return lexicon.load(Path(_file(given, folder, "lexicon.yaml")))


def _phrases_corpus() -> list[Any]:
    files = sorted((knowledge_folder() / "phrases").glob("*.yaml"))[:3]
    return [yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader) for path in files]


def _read_phrases(given: bytes, folder: Path) -> object:
    place = folder / "phrases"
    place.mkdir(exist_ok=True)
    _file(given, place, "stage.yaml")
    return phrases.load(place)


REGISTRY_ANSWER = {
    "info": {"version": "2.1"},
    "urls": [{"upload_time": "2026-10-01T10:00:00"}, {"upload_time": "2026-10-02T10:00:00"}],
}


def _read_release(given: bytes, folder: Path) -> releases.Release:
    """Read what a registry answers, from a file in place of the network."""
    place = folder / "pypi" / "alpha"
    place.mkdir(parents=True, exist_ok=True)
    _file(given, place, "json")
    return releases.newest("pypi:alpha", {"pypi": folder.as_uri()})


SELFTEST = {
    "same_arm": {"runs": 6, "winners_named": 0, "ratio": {"value": 1.0, "low": 0.99, "high": 1.01}},
    "planted": [{"slowdown": 1.05, "runs": 6, "found": 4, "ratio": {"value": 1.05, "low": 1.02, "high": 1.08}}],
    "resolves": 1.05,
    "seconds": 60.0,
    "seconds_a_probe": 2.0,
    "process_sd": 0.02,
    "process_df": 18.0,
    "history": [{"variance": 0.0004, "df": 6.0}],
    "framework": "null",
}


@contextlib.contextmanager
def _home(folder: Path) -> Iterator[None]:
    before = os.environ.get("FRAMEWORK_ADVISOR_HOME")
    os.environ["FRAMEWORK_ADVISOR_HOME"] = str(folder)
    try:
        yield
    finally:
        os.environ.pop("FRAMEWORK_ADVISOR_HOME")
        if before is not None:
            os.environ["FRAMEWORK_ADVISOR_HOME"] = before


def _read_selftest(given: bytes, folder: Path) -> dict[str, Any]:
    _file(given, folder, "selftest.json")
    with _home(folder):
        held = self_test.load_calibration()
    if held is None:
        raise Refused(["selftest.json: none of this machine"])
    return held


def _calibrated(held: dict[str, Any]) -> None:
    """Widen an interval by it, keep it in a session, read the session again: what a run does with it."""
    spread = {"process_sd": ratios.PROCESS_SD, "process_df": ratios.PROCESS_DF}
    spread = {key: held.get(key, value) for key, value in spread.items()}
    self_test.judge([ratios.within([0.1, 0.12, 0.09, 0.11])], spread)
    made = replace(session(paired("training-mlp-eager")), selftest=held)
    with contextlib.suppress(EvidenceError):
        parse_evidence(json.loads(json.dumps(evidence_document(made), allow_nan=False)))


ANSWERS = [
    {"id": 1, "status": "ok", "inside": 0.25, "seconds": [0.1, 0.2], "facts": {"threads": 1}},
    {"id": 1, "status": "failed", "reason": {"code": "verbatim", "params": {"detail": "it broke"}}},
    {"id": 1, "status": "not-supported", "reason": {"code": "side", "params": {"side": "a", "reason": "x"}}},
]


class _Spoken(Client):
    """A client whose worker has ended and left something in the channel."""

    def __init__(self, folder: Path, said: bytes) -> None:
        self._said = said
        super().__init__(Arm("a", "null"), settings="default", scratch=str(folder))

    def _start(self, scratch: str) -> None:
        self._process = _ended()
        self._requests = Path(os.devnull).open("wb")  # noqa: SIM115 - as long as the client lives
        self._channel = io.BytesIO(self._said)

    def end(self) -> None:
        """Close what is open; the process has ended, and its number may be another's by now."""
        self._asked.put(None)
        self._printed.close()


def _ask(given: bytes, folder: Path) -> dict[str, Any]:
    client = _Spoken(folder, given)
    try:
        return client.ask("turn", timeout=10.0)
    finally:
        client.end()


def _shown_of_cluster(gathered: Gathered) -> None:
    """Put it into words, as a set and on the terminal."""
    json.dumps(set_document(gathered.found))
    view.Lines((), lambda text: None, "en").finish(gathered)


def _cluster_corpus() -> list[Any]:
    told = {"kind": 0, "node": "a", "document": evidence_document(session(paired("training-mlp-eager")))}
    kind = {"event": "kind", "kind": 0, "machine": machine.fingerprint(), "nodes": ["a"]}
    return [{"event": "measured", **told}, {"event": "so-far", **told}, kind]


def _read_cluster(given: bytes, folder: Path) -> Gathered:
    """Return what a run on a cluster makes of a line that tells of a node of its only kind."""
    lines = view.Lines((), lambda text: None, "en")
    records = _Records(lines.show, lambda session, found: None, lambda kind, session: None)
    records.read(b'{"event": "kind", "kind": 0, "machine": {}, "nodes": ["a"]}')
    records.read(given)
    found = records.ended(stopped=False)
    if not found.found.sessions:
        raise Refused([reasons.text(absent.reason) for absent in found.found.not_measured])
    return found


@cache
def _ended() -> subprocess.Popen[bytes]:
    """Return a process that has ended, in the place of a worker."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process


def _selftest_corpus() -> list[Any]:
    seen = machine.fingerprint()
    here = f"{seen['cpu']} x{seen['cores']}"  # the calibration of another machine is left aside unread
    return [{**SELFTEST, "cpu": here}] * 3 + [SELFTEST]


def _lines_corpus() -> list[str]:
    texts = [json.dumps({"id": at, "text": text}, ensure_ascii=False) for at, text in enumerate(TEXTS)]
    needs = [json.dumps({"id": f"n{at}", "needs": needs}) for at, needs in enumerate(needs_corpus())]
    return [*needs, "\n".join(needs[:3]), *texts[:2], f"{needs[0]}\n\n{texts[0]}\n"]


TEXTS = (
    "We want to deploy a real-time object detection model on Android phones, no server. I know PyTorch.",
    "毕业设计，树莓派上做实时检测，没有显卡，用过一点 TensorFlow。",
    "Fine-tune an LLM on 8 A100s; not for production, research only. We won't use TPUs, and the code base is in Keras.",
    "推荐系统, deploy with TFX on GCP，训练数据很多，不需要手机端",
    "What is the weather like?",
    "",
)
"""What people write: English, Chinese, both at once, and nothing to do with it."""

ADDRESSES = (
    "stage=production&deploy=mobile,server&hardware=cpu,-nvidia&weigh=training-speed:3&unsure=stage:0.5",
    "domain=nlp,llm&scale=multi-node&lang=zh&measured=1",
    "stage=research&os=linux&embed=true&target=artifact_mb:0.512,latency_p95_ms:20",
)

AIMS = (
    "p95<=20ms,size<=10MB",
    "冷启动≤2秒；吞吐量>=1,000次/秒、内存<512KiB",
    "agreement drop<=0.5% and latency_p95_ms: 3e1",
)


def _samples_strategy() -> st.SearchStrategy[bytes]:
    """Give .npz files, some of them with a few bytes changed or cut off at the end."""
    corpus: list[bytes] = []
    arrays = ({"x": np.zeros((4, 3), np.float32), "y": np.arange(4)}, {"x": np.array([{}, {}])}, {"x": np.array(["a"])})
    for save in (np.savez, np.savez_compressed):
        for held in arrays:
            packed = io.BytesIO()
            save(packed, **held)
            corpus.append(packed.getvalue())
    changes = st.lists(st.tuples(st.integers(0, 999), st.integers(0, 255)), max_size=5)
    return st.builds(_changed, st.sampled_from(corpus), changes, st.just(10_000) | st.integers(1, 3000))


def _changed(content: bytes, changes: list[tuple[int, int]], length: int) -> bytes:
    made = bytearray(content[:length])
    for place, value in changes:
        made[place % len(made)] = value
    return bytes(made)


def _read_samples(given: bytes, folder: Path) -> object:
    path = folder / "samples.npz"
    path.write_bytes(given)
    if problems := sample_arrays.problems(path):
        raise Refused([reasons.text(problem) for problem in problems])
    return path


_REFUSED = (Refused, InputError)

READERS: dict[str, Reader] = {
    "needs": Reader(
        280, lambda: inputs.yaml_files(needs_corpus()), _read_needs, _REFUSED, lambda needs: recommender()(needs), 1000
    ),
    "address": Reader(
        280, lambda: inputs.texts(ADDRESSES), _decode, _REFUSED, lambda needs: recommender()(needs), 1000
    ),
    "targets": Reader(60, lambda: inputs.texts(AIMS), lambda given, _: targets.parse(given), (targets.TargetsError,)),
    "lines": Reader(
        30,
        lambda: inputs.text_files(_lines_corpus()),
        _read_lines,
        _REFUSED,
        lambda found: [recommender()(needs) for needs in found],
        1000,
    ),
    "text": Reader(
        5,
        lambda: inputs.texts(TEXTS),
        _understand,
        _REFUSED,
        lambda found: recommender()(found.likely(knowledge())),
        300,
    ),
    "evidence": Reader(
        40,
        lambda: inputs.json_files(evidence_corpus()),
        _cli_evidence,
        _REFUSED,
        _interpreted,
    ),
    "routes": Reader(60, lambda: inputs.json_files(_routes_corpus()), _read_routes, (EvidenceError,), _table_again, 20),
    "evidence-api": Reader(
        30, lambda: inputs.json_files(evidence_corpus()), _api_evidence, (EvidenceError,), _interpreted
    ),
    "decision": Reader(50, lambda: inputs.json_files([decision()]), _read_decision, _REFUSED, _opened, 30),
    "knowledge": Reader(30, _base_strategy, _read_base, (Refused, KnowledgeError), _weighed, 100),
    "catalogue": Reader(
        50, lambda: inputs.yaml_files(_catalogue_corpus()), _read_catalogue, (CatalogError, KnowledgeError)
    ),
    "lexicon": Reader(10, lambda: inputs.yaml_files(_lexicon_corpus()), _read_lexicon, (KnowledgeError,)),
    "phrases": Reader(20, lambda: inputs.yaml_files(_phrases_corpus()), _read_phrases, (KnowledgeError,)),
    "samples": Reader(30, _samples_strategy, _read_samples, (Refused,)),
    "selftest": Reader(60, lambda: inputs.json_files(_selftest_corpus()), _read_selftest, (Refused,), _calibrated, 20),
    "worker": Reader(
        60,
        lambda: st.tuples(inputs.json_files(ANSWERS), st.sampled_from([b"\n", b"\n", b"\n", b""])).map(b"".join),
        _ask,
        (Lost,),
    ),
    "cluster": Reader(
        40, lambda: inputs.json_files(_cluster_corpus()), _read_cluster, (Refused, Unreachable), _shown_of_cluster
    ),
    "release": Reader(
        60,
        lambda: inputs.json_files([REGISTRY_ANSWER]),
        _read_release,
        # What it says that it raises; the command that asks tells each beside the tool's name.
        (OSError, ValueError, LookupError, TypeError),
    ),
}
"""Name -> reader. Everything that reads what somebody else wrote stands here."""
