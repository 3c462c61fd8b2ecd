"""A knowledge base small enough to read at a glance, and without a fault; tests break it one line at a time."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest

from advisor.errors import KnowledgeError, Problem
from advisor.knowledge.loading import load_knowledge
from probes.types import Probe

TODAY = date(2026, 11, 23)
PROBE = Probe(
    id="memory-mlp",
    question={"en": "How much memory?", "zh": "占多少内存？"},
    scenario="memory",
    workload="mlp",
    mode="eager",
    criterion="memory",
    claims=("peak-memory",),
    relevant={"deploy": ("mobile",)},
)
CATALOGUE = {PROBE.id: PROBE}

FILES = {
    "settings.yaml": """\
version: "test"
settings:
  sd:
    high: 0.1
    moderate: 0.25
    low: 0.5
    very-low: 1.0
  prior_sd: 0.5
  overdue_growth: 2.0
  outside_version: 2.0
  transfer: 0.3
  own_transfer: 0.1
  other_machine: 0.25
  firmness: 30.0
  draws: 1000
  clear: 0.9
  leaning: 0.7
""",
    "frameworks.yaml": """\
frameworks:
  - id: alpha
    name:
      en: "Alpha"
      zh: "Alpha"
    summary:
      en: "The first one."
      zh: "第一个。"
    package: alpha
    latest_version: "2.0"
    latest_date: 2026-10-01
    python: ">=3.11"
    install: "pip install alpha"
    sources:
      - alpha-page
  - id: beta
    name:
      en: "Beta"
      zh: "Beta"
    summary:
      en: "The other one."
      zh: "另一个。"
    package: beta
    latest_version: "1.5"
    latest_date: 2026-09-01
    python: ">=3.10,<3.15"
    install: "pip install beta"
    sources:
      - alpha-page
""",
    "criteria.yaml": """\
criteria:
  - id: memory
    group: speed
    name:
      en: "Memory"
      zh: "内存"
    question:
      en: "How much memory?"
      zh: "占多少内存？"
    zero:
      en: "Twice as much."
      zh: "两倍。"
    one:
      en: "Half as much."
      zh: "一半。"
    full_scale: 2.0
  - id: deploy-mobile
    group: deployment
    name:
      en: "Phones"
      zh: "手机"
    question:
      en: "How well is a phone reached?"
      zh: "部署到手机如何？"
    zero:
      en: "Not at all."
      zh: "完全不行。"
    one:
      en: "One call."
      zh: "一次调用。"
    needs:
      - deploy.mobile
""",
    "questions.yaml": """\
questions:
  - id: deploy
    kind: many
    requires: all
    text:
      en: "Where does it run?"
      zh: "在哪里运行？"
    help:
      en: "Take every place."
      zh: "选所有地方。"
    why:
      en: "It rules frameworks out."
      zh: "会排除框架。"
    options:
      - id: none
        name:
          en: "Nowhere"
          zh: "不部署"
        emphasis:
          memory: 1
      - id: mobile
        name:
          en: "Phones"
          zh: "手机"
        emphasis:
          deploy-mobile: 3
""",
    "sources.yaml": """\
sources:
  - id: alpha-page
    title: "Alpha is powerful"
    url: "https://example.org/alpha"
    publisher: "Alpha's makers"
    kind: primary
    vendor_of: alpha
    published: 2026-01-10
    accessed: 2026-11-01
  - id: old-page
    title: "An old page"
    url: "https://example.org/old"
    publisher: "Somebody else"
    kind: secondary
    undated: "Names release 1.4 as new."
    accessed: 2026-11-01
""",
    "claims/memory.yaml": """\
sources:
  - id: memory-study
    title: "Peaks compared"
    url: "https://example.org/study"
    publisher: "A university"
    kind: primary
    published: 2026-02-02
    accessed: 2026-11-01
claims:
  - id: peak-memory
    criterion: memory
    statement:
      en: "Alpha needs less memory."
      zh: "Alpha 占用更少内存。"
    finding:
      en: "True for small networks."
      zh: "对小网络成立。"
    value:
      alpha: 1
      beta: -1
    kind: measured
    grade: moderate
    truth: current
    origin: ours
    favours: alpha
    when:
      deploy:
        - mobile
    versions:
      alpha: ">=2,<3"
    tools:
      - pocket
    sources:
      - memory-study
    added: 2026-11-01
    reviewed: 2026-11-02
    review_by: 2027-05-01
  - id: once-larger
    criterion: memory
    statement:
      en: "Alpha needs more memory."
      zh: "Alpha 占用更多内存。"
    finding:
      en: "True until release 1.4."
      zh: "仅在 1.4 之前成立。"
    kind: documented
    grade: low
    truth: outdated
    superseded_by: peak-memory
    origin: source
    section: "2 speed"
    favours: beta
    sources:
      - old-page
    added: 2026-11-01
    reviewed: 2026-11-02
    review_by: 2027-05-01
    why_not_probeable:
      en: "The release cannot be installed any more."
      zh: "该版本已无法安装。"
""",
    "tools.yaml": """\
tools:
  - id: pocket
    name: "Pocket"
    framework: neutral
    what:
      en: "A runtime for phones."
      zh: "手机运行时。"
    status: active
    latest_version: "1.2"
    latest_date: 2026-09-09
    sources:
      - alpha-page
  - id: trousers
    name: "Trousers"
    framework: beta
    what:
      en: "The runtime before Pocket."
      zh: "Pocket 之前的运行时。"
    status: archived
    successor: pocket
    sources:
      - old-page
    why_not_probeable:
      en: "It is no longer built."
      zh: "已不再构建。"
""",
    "routes.yaml": """\
routes:
  - id: alpha-mobile
    need: deploy.mobile
    framework: alpha
    name:
      en: "Alpha with Pocket"
      zh: "Alpha 加 Pocket"
    tools:
      - pocket
    status: supported
    effect: 2
    grade: high
    sources:
      - alpha-page
  - id: beta-mobile
    need: deploy.mobile
    framework: beta
    name:
      en: "Beta with Trousers"
      zh: "Beta 加 Trousers"
    tools:
      - trousers
    status: dead
    effect: -2
    grade: high
    claims:
      - peak-memory
""",
}


def write(root: Path) -> Path:
    """Write the base under ``root`` and return its folder."""
    folder = root / "knowledge"
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def change(folder: Path, file: str, old: str, new: str) -> None:
    """Replace the first ``old`` in a file; the test is wrong if it is not there."""
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


Case = tuple[str, str, str, str | None, str, tuple[str, ...]]
"""What is wrong: (file, written, replaced by, line on which it stands, key, what message and way out say)."""


def broken(root: Path, case: Case) -> Path:
    """Write the base with one thing wrong and return its folder."""
    file, old, new, *_ = case
    folder = write(root)
    change(folder, file, old, new)
    return folder


def refused(root: Path, case: Case) -> None:
    """Check that the base with one thing wrong is refused, with its place and the way out."""
    folder = broken(root, case)
    with pytest.raises(KnowledgeError) as caught:
        load_knowledge(folder)
    problems = caught.value.problems
    assert told(problems, folder, case), "\n".join(map(str, problems))
    assert all(problem.way_out for problem in problems)


def told(problems: Sequence[Problem], folder: Path, case: Case, *, elsewhere: bool = False) -> bool:
    """Return whether a problem names the case's file, line and key, and says what it should.

    ``elsewhere``: what one file lacks may be a problem of another file.
    """
    file, _, _, at, key, says = case
    line = first_line(folder, file, at)
    here = [p for p in problems if elsewhere or p.file == f"knowledge/{file}"]
    fitting = [p for p in here if p.key.endswith(key) and line in (None, p.line)]
    return any(all(words in f"{p.message}; {p.way_out}" for words in says) for p in fitting)


def first_line(folder: Path, file: str, text: str | None) -> int | None:
    """Return the first line of a file that holds ``text``, counted from 1."""
    lines = (folder / file).read_text(encoding="utf-8").splitlines()
    return None if text is None else next(at for at, line in enumerate(lines, 1) if text in line)
