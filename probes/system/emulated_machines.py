"""Machines that others have, emulated on this one: how a command is started there, and why where that cannot be had.

Knows no command: what is given is started as a process of its own. What it makes (control groups, neighbours that
keep the processors busy, homes) is gone when the command has ended.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from probes.system import planted_load

NOBODY = 23456
"""A user id that no passwd file knows, as OpenShift and ``docker run --user`` give one."""

DEAD_PROXY = "http://127.0.0.1:9"
"""The discard port, on which nothing listens: whoever asks a proxy before going on is refused there."""

HALF = 50_000, 100_000
"""Microseconds granted of each period: half a core."""

COMPILERS = re.compile(r"(^|-)(gcc|g\+\+|cc|c\+\+|clang|clang\+\+|icx|icpx)(-\d.*)?$")
"""Names under which C and C++ compilers stand on a path, with a target before and a version behind."""

_HOMES = ("FRAMEWORK_ADVISOR_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME")
"""Variables that would lead past HOME."""


class Unavailable(Exception):
    """This machine cannot be emulated here; the text says why."""


@dataclass(frozen=True)
class Start:
    """How a command is started on an emulated machine.

    Attributes:
        prefix: what stands before the command.
        environment: variables on top of the caller's; None takes one away.
        passed: what ``--set`` is given, FRAMEWORK:NAME=VALUE.
        lang: the language asked for; empty where none is.
        folder: where the command is started, if that is part of the machine.
    """

    prefix: tuple[str, ...] = ()
    environment: Mapping[str, str | None] = field(default_factory=dict)
    passed: tuple[str, ...] = ()
    lang: str = ""
    folder: Path | None = None


Part = Callable[[Path], AbstractContextManager[Start]]
"""Takes an empty folder of its own; raises Unavailable."""


@dataclass(frozen=True)
class Machine:
    """A machine as users have it.

    Attributes:
        parts: what makes it, in the order in which it is set up.
        ratios: the least number of ratios that the main job owes there, given its full budget.
        names: what the reason of a probe that fails there must name, a regular expression.
    """

    name: str
    imitates: str
    parts: tuple[Part, ...]
    ratios: int = 3
    names: str = ""

    @contextmanager
    def start(self, scratch: Path) -> Iterator[Start]:
        """Set the machine up.

        Raises:
            Unavailable: it cannot be had here.
        """
        with ExitStack() as stack:
            whole = Start()
            for number, part in enumerate(self.parts):
                folder = scratch / str(number)
                folder.mkdir()
                made = stack.enter_context(part(folder))
                whole = Start(
                    prefix=whole.prefix + made.prefix,
                    environment={**whole.environment, **made.environment},
                    passed=whole.passed + made.passed,
                    lang=made.lang or whole.lang,
                    folder=made.folder or whole.folder,
                )
            yield whole


@dataclass(frozen=True)
class Ended:
    """What became of a command: its exit status (None: it had to be ended), wall seconds, all it printed."""

    status: int | None
    seconds: float
    said: str


def grouped(*machines: Machine) -> Machine:
    """Return one machine that is all of these at once."""
    return Machine(
        name=" + ".join(machine.name for machine in machines),
        imitates="; ".join(machine.imitates for machine in machines),
        parts=tuple(part for machine in machines for part in machine.parts),
        ratios=min(machine.ratios for machine in machines),
        names="|".join(machine.names for machine in machines if machine.names),
    )


def run(command: Sequence[str], start: Start, *, folder: Path, environment: Mapping[str, str], timeout: float) -> Ended:
    """Run a command to its end as ``start`` says; past ``timeout`` seconds it is ended with its group."""
    variables = {**environment, **start.environment}
    began = time.monotonic()
    process = subprocess.Popen(
        [*start.prefix, *command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=start.folder or folder,
        env={name: value for name, value in variables.items() if value is not None},
        start_new_session=True,
    )
    try:
        said, _ = process.communicate(timeout=timeout)
        status: int | None = process.returncode
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        said, _ = process.communicate()
        status = None
    return Ended(status=status, seconds=time.monotonic() - began, said=said.decode("utf-8", "replace"))


def _as(start: Start) -> Part:
    """Return a part for which nothing has to be made."""

    @contextmanager
    def part(folder: Path) -> Iterator[Start]:
        yield start

    return part


def _tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise Unavailable(f"there is no {name} here")
    return found


@contextmanager
def _one_core(folder: Path) -> Iterator[Start]:
    taskset = _tool("taskset")
    yield Start(prefix=(taskset, "-c", str(min(os.sched_getaffinity(0)))))


@contextmanager
def _half_a_core(folder: Path) -> Iterator[Start]:
    """Grant half a core in a control group and start the command in a group below it, where no limit stands."""
    own, version = _own_group()
    outer = own / f"framework-advisor-{os.getpid()}-{time.monotonic_ns()}"
    inner = outer / "inner"
    granted, period = HALF
    try:
        inner.mkdir(parents=True)
        if version == 1:
            (outer / "cpu.cfs_period_us").write_text(str(period))
            (outer / "cpu.cfs_quota_us").write_text(str(granted))
        else:
            (outer / "cpu.max").write_text(f"{granted} {period}")
    except OSError as error:
        _remove(inner, outer)
        raise Unavailable(f"no control group with a CPU quota can be made in {own}: {error.strerror}") from None
    try:
        enter = 'echo $$ > "$0" && exec "$@"'
        yield Start(prefix=(_tool("sh"), "-c", enter, str(inner / "cgroup.procs")))
    finally:
        _remove(inner, outer)


def _own_group() -> tuple[Path, int]:
    """Return the group for the CPU in which groups can be made, this process's own or one above, and its version."""
    try:
        groups = [line.split(":", 2) for line in Path("/proc/self/cgroup").read_text().splitlines()]
        mounts = [line.split() for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    except OSError:
        raise Unavailable("this system has no control groups") from None
    for mount in mounts:
        # mountinfo: ... root mountpoint options [optional fields] - type source options
        kind, options = mount[mount.index("-") + 1], mount[-1]
        root, top = mount[3].rstrip("/"), Path(mount[4])
        for _, controllers, path in groups:
            own = top / path.removeprefix(root).lstrip("/")
            if kind == "cgroup" and "cpu" in options.split(",") and "cpu" in controllers.split(","):
                return own, 1
            if kind == "cgroup2" and not controllers:
                # A group of version 2 that holds processes hands no controller down; one above it does.
                for group in (own, *(above for above in own.parents if above.is_relative_to(top))):
                    if "cpu" in _words(group / "cgroup.subtree_control"):
                        return group, 2
    raise Unavailable("no control group that may grant CPU time to groups below it")


def _words(path: Path) -> list[str]:
    try:
        return path.read_text().split()
    except OSError:
        return []


def _remove(*groups: Path) -> None:
    """Remove control groups, inner ones first; the processes in them may still be on their way out."""
    for group in groups:
        for _ in range(50):
            with contextlib.suppress(FileNotFoundError):
                try:
                    group.rmdir()
                except OSError:  # still in use
                    time.sleep(0.1)
                    continue
            break


def _somebody() -> tuple[str, ...]:
    """Return what starts a command as a user without a passwd entry, who owns what we own and is no administrator."""
    prefix = (_tool("unshare"), "-U", f"--map-user={NOBODY}")
    tried = subprocess.run([*prefix, "true"], capture_output=True, text=True, check=False)
    if tried.returncode:
        raise Unavailable(f"no user namespace can be made: {tried.stderr.strip()}")
    return prefix


@contextmanager
def _no_home(folder: Path) -> Iterator[Start]:
    kept = ("PATH", "PYTHONPATH")
    away = (*_HOMES, *(name for name in os.environ if name not in kept))
    yield Start(prefix=_somebody(), environment=dict.fromkeys(away))


@contextmanager
def _read_only_home(folder: Path) -> Iterator[Start]:
    # An administrator may write everywhere; then, and only then, it takes another user.
    prefix = _somebody() if hasattr(os, "geteuid") and os.geteuid() == 0 else ()
    folder.chmod(0o555)
    try:
        yield Start(prefix=prefix, environment={**dict.fromkeys(_HOMES), "HOME": str(folder)})
    finally:
        folder.chmod(0o755)


@contextmanager
def _home_with_spaces_and_letters(folder: Path) -> Iterator[Start]:
    home = folder / "王 小明 的家"
    work = home / "项目 one"
    temporary = home / "临时 files"
    for made in (work, temporary):
        made.mkdir(parents=True)
    places = {"HOME": str(home), "TMPDIR": str(temporary)}
    yield Start(environment={**dict.fromkeys(_HOMES), **places}, folder=work)


@contextmanager
def _no_compiler(folder: Path) -> Iterator[Start]:
    """Lead PATH to everything that stands on it now except compilers."""
    for place in os.environ.get("PATH", "").split(os.pathsep):
        if not Path(place).is_dir():
            continue
        for tool in Path(place).iterdir():
            link = folder / tool.name
            if not COMPILERS.search(tool.name) and not link.is_symlink():
                link.symlink_to(tool)
    yield Start(environment={"PATH": str(folder), "CC": None, "CXX": None})


def _busy(kind: str) -> Part:
    """Return a part with a load of a kind of ``load.KINDS`` beside the command."""

    @contextmanager
    def part(folder: Path) -> Iterator[Start]:
        with planted_load.planted(kind):
            yield Start()

    return part


def _given(*passed: str) -> Part:
    return _as(Start(passed=passed))


_TF_OFF, _TF_ON = (_given(f"tensorflow:TF_ENABLE_ONEDNN_OPTS={value}") for value in (0, 1))
_ATEN_DEFAULT, _ATEN_AVX2 = (_given(f"pytorch:ATEN_CPU_CAPABILITY={name}") for name in ("default", "avx2"))
_ONEDNN_AVX2 = _given("pytorch:ONEDNN_MAX_CPU_ISA=AVX2", "tensorflow:ONEDNN_MAX_CPU_ISA=AVX2")
_ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": None}
_PROXY = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), DEAD_PROXY)

MACHINES = {
    machine.name: machine
    for machine in (
        Machine("as-it-is", "this machine", ()),
        Machine("tensorflow-onednn-off", "TensorFlow on a processor without AVX512-VNNI, AVX-VNNI and AMX", (_TF_OFF,)),
        Machine("tensorflow-onednn-on", "TensorFlow on a processor that has one of them", (_TF_ON,)),
        Machine("pytorch-default", "PyTorch's kernels on a processor without AVX2", (_ATEN_DEFAULT,)),
        Machine("pytorch-avx2", "PyTorch's kernels on a processor with AVX2", (_ATEN_AVX2,)),
        Machine("onednn-avx2", "oneDNN on a processor with AVX2, on both sides", (_ONEDNN_AVX2,)),
        Machine("avx2-only", "an AMD Zen 2, or an Intel before Cascade Lake", (_TF_OFF, _ATEN_AVX2, _ONEDNN_AVX2)),
        Machine("one-core", "a virtual machine with one core", (_one_core,)),
        Machine("half-a-core", "a container granted half a core by a group above its own", (_half_a_core,), ratios=1),
        Machine("no-home", "a container under a user id without passwd entry, HOME and variables", (_no_home,)),
        Machine("home-with-letters", "a home with spaces and Chinese letters", (_home_with_spaces_and_letters,)),
        Machine("read-only-home", "a home that cannot be written", (_read_only_home,)),
        Machine("no-compiler", "a slim image without a C++ compiler", (_no_compiler,), names="compiler"),
        Machine("dead-proxy", "a proxy that does not answer", (_as(Start(environment=_PROXY)),)),
        Machine("busy-one-core", "another program that keeps one core busy", (_busy("one core"),)),
        Machine("busy-all-cores", "other programs that keep every core busy", (_busy("all cores"),)),
        Machine("busy-in-bursts", "other programs that are busy now and then", (_busy("bursts"),)),
        Machine("ascii", "an ASCII locale, Python's UTF-8 mode off", (_as(Start(environment=_ASCII)),)),
        Machine("ascii-chinese", "the same, asked for in Chinese", (_as(Start(environment=_ASCII, lang="zh")),)),
    )
}
"""Name -> machine. Both tests and benchmark run these; what measures nothing new twice is grouped there."""
