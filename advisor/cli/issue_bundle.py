"""What ``doctor --report`` gathers for an issue: figures and versions, without what names a person or a machine."""

from __future__ import annotations

import getpass
import io
import json
import os
import platform
import re
import socket
import zipfile
from collections.abc import Mapping
from importlib import metadata
from typing import Any

from advisor import __version__
from advisor.model.text import Text
from probes.calibration import self_test
from probes.system import logs
from probes.wording.places import without_places

RECORDS = 500
"""Records of the log that go along: some runs."""

SECRET = re.compile(r"token|secret|passw|credential|auth|cookie|session|private|(^|_)(api_?)?key|_pat$", re.IGNORECASE)
"""Names of environment variables whose values are nobody's business."""

SHORTEST = 4
"""Letters of a secret that is looked for: a variable named ..._AUTH may hold "1", which stands everywhere."""

SHOWN = (
    "CUDA_VISIBLE_DEVICES",
    "KMP_BLOCKTIME",
    "LANG",
    "LC_ALL",
    "MKL_NUM_THREADS",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "PYTHONIOENCODING",
    "TF_ENABLE_ONEDNN_OPTS",
    "XLA_FLAGS",
)
"""Variables beside ours that change what is measured or printed."""

HIDDEN = frozenset({"FRAMEWORK_ADVISOR_DATABASE"})
"""Of ours, those whose value may hold a password: only that they are set is told."""

INTRODUCTION = Text(
    en="The bundle holds these files, without the names of user and machine, the home folder and secrets of the "
    "environment. Look at it before you attach it:",
    zh="诊断包含有以下文件，其中已去除用户名、主机名、主目录与环境变量中的密钥。附加之前请先查看：",
)

PARTS: Mapping[str, Text] = {
    "doctor.json": Text(
        en="what 'framework-advisor doctor --json' says: Python, frameworks, devices, compilers, tools",
        zh="“framework-advisor doctor --json”的输出：Python、框架、设备、编译器、工具",
    ),
    "machine.json": Text(en="the description of this machine that stands in evidence", zh="测量结果中记录的本机描述"),
    "versions.json": Text(en="the program's version and those of the packages it needs", zh="本程序及其依赖包的版本"),
    "settings.json": Text(
        en="environment variables that change what is measured or printed", zh="影响测量或输出的环境变量"
    ),
    "selftest.json": Text(en="the last self-test, where there is one", zh="最近一次自检结果（如有）"),
    "log.jsonl": Text(
        en=f"the last {RECORDS} records of the log, where there is one", zh=f"日志的最后 {RECORDS} 条记录（如有）"
    ),
}
"""File of the bundle -> what is in it."""


def gather(doctor: Mapping[str, Any]) -> dict[str, str]:
    """Return the files of the bundle: name -> text, redacted.

    Args:
        doctor: the document of ``doctor --json``.
    """
    parts = {
        "doctor.json": {key: value for key, value in doctor.items() if key != "machine"},
        "machine.json": doctor["machine"],
        "versions.json": versions(),
        "settings.json": settings(os.environ),
        "selftest.json": self_test.load_calibration(),
    }
    texts = {name: json.dumps(without_places(part), ensure_ascii=False, indent=1) for name, part in parts.items()}
    texts["log.jsonl"] = "\n".join(logs.last_records(RECORDS))
    hidden = names_and_secrets(os.environ)
    return {name: redacted(text, hidden) + "\n" for name, text in texts.items()}


def pack(files: Mapping[str, str]) -> bytes:
    """Return files as a zip archive."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as held:
        for name, text in files.items():
            held.writestr(name, text)
    return archive.getvalue()


def listed(files: Mapping[str, str], lang: str) -> list[str]:
    """Return what is in the bundle, a line a file."""
    return [f"{name}  {len(text.encode()):,} B  {PARTS[name].in_(lang)}" for name, text in files.items()]


def versions() -> dict[str, Any]:
    """Return the program's version and those of what it needs, as installed."""
    needed = metadata.requires("framework-advisor") or []
    names = sorted({re.split(r"[^A-Za-z0-9._-]", line, maxsplit=1)[0].lower() for line in needed})
    return {
        "framework-advisor": __version__,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()}",
        "packages": {name: found for name in names if (found := _installed(name)) is not None},
    }


def _installed(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def settings(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that matter; of ours that may hold a password only that they are set."""
    ours = {name for name in environment if name.startswith("FRAMEWORK_ADVISOR_")}
    return {
        name: "(set)" if name in HIDDEN or SECRET.search(name) else environment[name]
        for name in sorted(ours | (set(SHOWN) & environment.keys()))
    }


def names_and_secrets(environment: Mapping[str, str]) -> dict[str, str]:
    """Return what must not be in a bundle -> what stands for it: the user, the host, secrets of the environment."""
    hosts = {platform.node(), socket.gethostname(), environment.get("HOSTNAME", "")}
    users = {_user(), *(environment.get(name, "") for name in ("USER", "LOGNAME", "USERNAME", "SUDO_USER"))}
    hidden = {
        value: "(secret)" for name, value in environment.items() if SECRET.search(name) and len(value) >= SHORTEST
    }
    hidden |= dict.fromkeys((hosts | {host.partition(".")[0] for host in hosts}) - {"", "localhost"}, "(host)")
    return hidden | dict.fromkeys(users - {""}, "(user)")


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # no variable names the user, nor does the system
        return ""


def redacted(text: str, hidden: Mapping[str, str]) -> str:
    """Return a text without the home folder and without what is hidden, the longest first.

    Args:
        text: JSON; names stand in it as whole words. hidden: text -> what stands for it.
    """
    text = logs.without_home(text)
    for word in sorted(hidden, key=len, reverse=True):
        for spelling in {word, json.dumps(word)[1:-1], json.dumps(word, ensure_ascii=False)[1:-1]}:
            text = re.sub(rf"(?<![A-Za-z0-9]){re.escape(spelling)}(?![A-Za-z0-9])", hidden[word], text)
    return text
