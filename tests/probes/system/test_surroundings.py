"""Workers on machines that lack something: a home, a user's name, a compiler, instructions, memory on the GPU.

Each is an ordinary case or ends in a reason that names what to do.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from probes import reasons
from probes.backends import pytorch, tensorflow
from probes.session import runner
from probes.session.arms import Arm
from probes.session.worker_client import Client, Lost, lodging, temporary
from probes.system import machine
from probes.types import Reason, Status, Unsupported
from probes.user_model import reading
from tests.probes.arms import measure, probe

ROOT = Path(__file__).resolve().parents[3]

ASKS = """
import getpass, os, pathlib, tempfile

home = pathlib.Path.home()
(home / "can be written").write_text("yes")
raise RuntimeError(f"{getpass.getuser()} lives in {home}")
"""

SESSION = """
import sys
from probes.user_model import reading
from tests.probes.arms import measure
print(measure(workload_file=reading.read(sys.argv[1])).probes[0].reason)
"""


@pytest.fixture
def asks(tmp_path: Path) -> str:
    """A model file that asks as frameworks do, and says what it was told."""
    path = tmp_path / "asks.py"
    path.write_text(ASKS)
    return str(path)


def said_by(asks: str, *before: str, **variables: str) -> str:
    """What the file says from a worker whose manager has this environment and no other."""
    ran = subprocess.run(
        [*before, sys.executable, "-c", SESSION, asks],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **variables},
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


# ---------------------------------------------------------------- who and where


def test_a_user_without_a_name_and_a_home_gets_both(asks: str) -> None:
    stranger = ("unshare", "-U", "--map-user=23456")
    if shutil.which("unshare") is None or subprocess.run([*stranger, "true"], capture_output=True).returncode:
        pytest.skip("no user namespace can be made here: that takes Linux, and a kernel that allows it")

    said = said_by(asks, *stranger)

    assert "uid23456 lives in /" in said
    assert "/home (asks.py, line " in said


@pytest.fixture
def ada(monkeypatch: pytest.MonkeyPatch) -> None:
    """This process is a user's of that name."""
    for name in ("LOGNAME", "USER"):
        monkeypatch.setenv(name, "ada")


@pytest.mark.usefixtures("ada")
@pytest.mark.parametrize("home", ["/proc/none", "/proc"])
def test_a_home_that_cannot_be_written_is_replaced(monkeypatch: pytest.MonkeyPatch, asks: str, home: str) -> None:
    if not Path("/proc").is_dir():
        pytest.skip("this system has no /proc, the folder that even root cannot write to")
    monkeypatch.setenv("HOME", home)

    said = measure(workload_file=asks).probes[0].reason

    assert "ada lives in /" in said
    assert f"lives in {home}" not in said


def test_a_home_on_a_disk_that_is_only_read_is_replaced(asks: str, tmp_path: Path) -> None:
    mounts = 'mount -t tmpfs -o ro tmpfs "$0" && exec "$@"'
    private = ("unshare", "-m", "sh", "-c", mounts, str(tmp_path / "read only"))
    (tmp_path / "read only").mkdir()
    if shutil.which("unshare") is None or subprocess.run([*private, "true"], capture_output=True).returncode:
        pytest.skip("no private mount can be made here: that takes Linux and root")

    said = said_by(asks, *private, HOME=str(tmp_path / "read only"), USER="ada")

    assert "ada lives in /" in said
    assert "read only" not in said


@pytest.mark.usefixtures("ada")
def test_a_home_with_spaces_and_chinese_letters_is_kept(
    monkeypatch: pytest.MonkeyPatch, asks: str, tmp_path: Path
) -> None:
    home = tmp_path / "home 家 x"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))

    assert f"ada lives in {home}" in measure(workload_file=asks).probes[0].reason
    assert (home / "can be written").exists()


def test_caches_are_put_where_they_can_be_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "none"))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    found = lodging(str(tmp_path))

    for name in ("HOME", "XDG_CACHE_HOME", "TORCHINDUCTOR_CACHE_DIR"):
        assert Path(found[name]).is_dir()
        assert Path(found[name]).is_relative_to(tmp_path)


def test_a_usable_home_keeps_its_caches(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("LOGNAME", "ada")

    assert lodging("/nowhere") == {"HOME": str(tmp_path), "USER": "ada", "LOGNAME": "ada"}


def test_growing_gpu_memory_may_be_asked_for_by_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    from probes.session.worker_client import environment

    monkeypatch.setenv("TF_FORCE_GPU_ALLOW_GROWTH", "true")

    assert environment(sys.executable, settings="default")["TF_FORCE_GPU_ALLOW_GROWTH"] == "true"


# ---------------------------------------------------------------- a compiler


@pytest.mark.frameworks
@pytest.mark.measures
def test_without_a_compiler_a_compiled_probe_names_it_and_the_others_go_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CXX", raising=False)
    arms = [Arm("a", "pytorch"), Arm("b", "pytorch")]
    probes = [probe("compiled", workload="mlp", mode="compiled"), probe("eager", workload="mlp")]

    compiled, eager = runner.measure(probes, arms=arms, budget=20.0, selftest={}).probes

    assert compiled.status is Status.NOT_INSTALLED
    assert compiled.reason == (
        "a: torch.compile needs a C++ compiler (g++ or clang) and none was found; on Debian and Ubuntu: apt-get "
        "install g++"
    )
    assert eager.status is Status.OK


COMPILER_ERRORS = [
    "InductorError: InvalidCxxCompiler: No working C++ compiler found in torch._inductor.config.cpp.cxx: (None, 'g++')",
    "backend='inductor' raised:\nRuntimeError: Compiler: cl is not found.",
    "CppCompileError: xcrun: error: invalid active developer path (/Library/Developer/CommandLineTools)",
]


@pytest.mark.parametrize("text", COMPILER_ERRORS)
@pytest.mark.parametrize(
    ("platform", "way_out"),
    [("linux", "apt-get install g++"), ("darwin", "xcode-select --install"), ("win32", "Build Tools")],
)
def test_a_missing_compiler_is_known_by_what_is_said_of_it(
    monkeypatch: pytest.MonkeyPatch, text: str, platform: str, way_out: str
) -> None:
    monkeypatch.setattr(sys, "platform", platform)

    found = pytorch.explain(RuntimeError(text))

    assert found is not None
    assert way_out in reasons.text(found)


def test_any_other_error_is_left_as_it_is() -> None:
    assert pytorch.explain(RuntimeError("mat1 and mat2 shapes cannot be multiplied")) is None


def program(folder: Path, name: str) -> str:
    path = folder / name
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize(("platform", "name"), [("linux", "g++"), ("darwin", "clang++")])
def test_the_compiler_is_the_systems_usual_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, platform: str, name: str
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CXX", raising=False)
    assert machine.cxx_compiler() is None

    put = program(tmp_path, name)
    assert machine.cxx_compiler() == put


@pytest.mark.parametrize("options", ["", " -O2"])
def test_the_compiler_is_the_one_that_the_user_names(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, options: str
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    program(tmp_path, "g++")
    named = program(tmp_path, "clang++-19")
    monkeypatch.setenv("CXX", "clang++-19" + options)

    assert machine.cxx_compiler() == named


def test_a_named_compiler_that_is_not_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXX", "/nowhere/g++")

    assert machine.cxx_compiler() is None


# ---------------------------------------------------------------- instructions


def interpreter(folder: Path, script: str) -> str:
    path = folder / "python"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


def test_an_illegal_instruction_is_explained(tmp_path: Path) -> None:
    arms = (Arm("a", "null"), Arm("b", "null", interpreter(tmp_path, "kill -ILL $$")))
    (measurement,) = runner.measure([probe()], arms=arms).probes

    assert measurement.status is Status.FAILED
    assert measurement.reason.startswith(
        "b was killed by SIGILL during 'hello': this build needs instructions that this CPU does not have ("
    )
    assert "--python null=PATH" in measurement.reason


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ("flags\t\t: fpu sse4_2 avx avx2", "AVX: yes, AVX2: yes"),
        ("flags\t\t: fpu sse4_2 avx", "AVX: yes, AVX2: no"),
        ("flags\t\t: fpu sse4_2", "AVX: no, AVX2: no"),
        ("Features\t: fp asimd", Reason("instructions-not-told")),
        ("", Reason("instructions-not-told")),
    ],
)
def test_the_instructions_are_those_that_the_kernel_lists(
    monkeypatch: pytest.MonkeyPatch, flags: str, said: str | Reason
) -> None:
    monkeypatch.setattr(machine, "_read", lambda path: flags)

    assert machine.instructions() == said


@pytest.mark.parametrize(
    ("flags", "listed"),
    [
        ("flags\t\t: fpu fma avx512f avx2 avx sse4_2", ["avx", "avx2", "fma", "avx512f"]),
        ("Features\t: fp asimd sve", ["asimd", "sve"]),
        ("flags\t\t: fpu", []),
        ("", None),
    ],
)
def test_the_vector_instructions_are_listed_in_one_order(
    monkeypatch: pytest.MonkeyPatch, flags: str, listed: list[str] | None
) -> None:
    monkeypatch.setattr(machine, "_read", lambda path: flags)

    assert machine.vector_instructions() == listed


# ---------------------------------------------------------------- waiting for a device


def torch_of(kind: str, **parts: Any) -> ModuleType:
    """A torch that sees one accelerator."""
    torch = ModuleType("torch")
    there, not_there = SimpleNamespace(is_available=lambda: True), SimpleNamespace(is_available=lambda: False)
    gpu = {"device_count": lambda: 1, "get_device_name": lambda index: "GPU"}
    vars(torch).update(
        cuda=SimpleNamespace(is_available=lambda: kind == "cuda", **gpu),
        xpu=SimpleNamespace(is_available=lambda: kind == "xpu", **gpu),
        backends=SimpleNamespace(mps=there if kind == "mps" else not_there),
        version=SimpleNamespace(hip=None),
    )
    vars(torch).update(parts)
    return torch


@pytest.fixture
def on_the_cpu_again() -> Iterator[None]:
    yield
    pytorch._used["device"] = "cpu"


@pytest.mark.usefixtures("on_the_cpu_again")
@pytest.mark.parametrize("kind", ["cuda", "mps", "xpu"])
def test_before_torch_2_6_each_kind_is_waited_for_by_its_own_call(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    waited: list[str] = []
    torch = torch_of(kind)
    held = getattr(torch, kind, SimpleNamespace())
    held.synchronize = lambda: waited.append(kind)
    monkeypatch.setattr(torch, kind, held, raising=False)
    monkeypatch.setitem(sys.modules, "torch", torch)

    pytorch.use(kind)
    pytorch.synchronise()

    assert waited == [kind]


@pytest.mark.usefixtures("on_the_cpu_again")
def test_since_torch_2_6_one_call_waits_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[str] = []
    accelerator = SimpleNamespace(is_available=lambda: True, synchronize=lambda: waited.append("accelerator"))
    monkeypatch.setitem(sys.modules, "torch", torch_of("mps", accelerator=accelerator))

    pytorch.use("mps")
    pytorch.synchronise()

    assert waited == ["accelerator"]


@pytest.mark.usefixtures("on_the_cpu_again")
@pytest.mark.parametrize("kind", ["mps", "xpu"])
def test_a_device_that_cannot_be_waited_for_is_not_timed(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    monkeypatch.setitem(sys.modules, "torch", torch_of(kind))

    with pytest.raises(Unsupported) as caught:
        pytorch.use(kind)

    assert "cannot be waited for, so it is not timed" in reasons.text(caught.value.reason)


@pytest.mark.usefixtures("on_the_cpu_again")
def test_the_cpu_has_nothing_to_wait_for(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[str] = []
    torch = torch_of("mps", mps=SimpleNamespace(synchronize=lambda: waited.append("mps")))
    monkeypatch.setitem(sys.modules, "torch", torch)

    pytorch.use("cpu")
    pytorch.synchronise()

    assert not waited


# ---------------------------------------------------------------- two frameworks in one process

BOTH = """
import {first}

INPUT = (4, 3)

def pytorch():
    import torch
    return torch.nn.Linear(3, 2)

def tensorflow():
    import keras
    return keras.Sequential([keras.layers.Dense(2)])
"""


def asked(framework: str, path: Path, tmp_path: Path, *, patience: float = 60.0) -> dict[str, Any]:
    """Have a worker load a model file."""
    client = Client(Arm(framework, framework), settings="default", scratch=str(tmp_path))
    try:
        client.ask("hello", timeout=120, framework=framework, threads=1, settings="default", plant={})
        return client.ask(
            "describe",
            timeout=patience,
            scenario="training_step",
            workload="own",
            workload_file=reading.read(str(path)),
            size="small",
        )
    finally:
        client.end()


@pytest.mark.parametrize(
    ("first", "module", "function"),
    [
        ("torch", "torch", "pytorch"),
        ("tensorflow as tf", "tensorflow", "tensorflow"),
        ("tensorflow.keras", "tensorflow", "tensorflow"),
    ],
)
def test_a_model_file_that_imports_another_framework_is_refused(
    tmp_path: Path, first: str, module: str, function: str
) -> None:
    path = tmp_path / "mine.py"
    path.write_text(BOTH.format(first=first))

    with pytest.raises(Lost) as caught:
        asked("null", path, tmp_path)

    assert caught.value.status is Status.NOT_SUPPORTED
    assert str(caught.value) == (
        f"null: mine.py imports {module} at its top, so that both frameworks would share one process: import it inside "
        f"the function {function}() (line 2: import {first})"
    )


@pytest.mark.frameworks
def test_a_library_that_imports_another_framework_is_refused_too(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(BOTH.format(first="keras"))

    with pytest.raises(Lost, match=r"mine\.py imports tensorflow at its top.*\(line 2: import keras\)"):
        asked("pytorch", path, tmp_path)


OPTIONAL = """
import importlib.util

try:
    import tensorflow
except ImportError:
    tensorflow = None
assert importlib.util.find_spec("torch") is None
"""


def test_what_can_do_without_another_framework_does(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(OPTIONAL + BOTH.format(first="numpy"))

    assert asked("null", path, tmp_path)["kind"] == "paired"


@pytest.fixture
def shadow(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder in front on the workers' path."""
    folder = tmp_path / "shadow"
    folder.mkdir()
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])]))
    return folder


def test_an_import_that_hangs_is_named(shadow: Path, tmp_path: Path) -> None:
    (shadow / "sleepy.py").write_text("import json, time\ntime.sleep(3600)\n")
    path = tmp_path / "mine.py"
    path.write_text("import json\nimport sleepy\n")

    with pytest.raises(Lost) as caught:
        asked("null", path, tmp_path, patience=1.5)

    assert caught.value.status is Status.TIMED_OUT
    assert str(caught.value).endswith("the last it printed was: mine.py imports sleepy")


def test_an_import_that_crashes_is_named(shadow: Path, tmp_path: Path) -> None:
    (shadow / "crashing.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n")
    path = tmp_path / "mine.py"
    path.write_text("import crashing\n")

    with pytest.raises(Lost) as caught:
        asked("null", path, tmp_path)

    assert str(caught.value) == "null was killed by SIGSEGV during 'describe': mine.py imports crashing"


def test_a_framework_that_crashes_while_it_is_imported_is_named(shadow: Path, tmp_path: Path) -> None:
    (shadow / "tensorflow").mkdir()
    (shadow / "tensorflow" / "__init__.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n")

    with pytest.raises(Lost) as caught:
        asked("tensorflow", tmp_path / "none.py", tmp_path)

    assert str(caught.value) == "tensorflow was killed by SIGSEGV during 'hello': importing tensorflow"


def test_what_was_printed_before_is_not_blamed(tmp_path: Path) -> None:
    plant = {"fault": "segv", "at": "step", "after": 5}
    (measurement,) = measure(second=plant).probes

    assert measurement.reason == "b was killed by SIGSEGV during 'turn'"


# ---------------------------------------------------------------- a GPU that another program holds


class NVMLError(Exception):
    """What NVML raises."""


GB = 1 << 30


def nvml(*free: float, total: float = 24.0) -> ModuleType:
    """An NVML of cards with this much free, in GB."""
    made = ModuleType("pynvml")

    def find(index: int) -> int:
        if index >= len(free):
            raise NVMLError("not found")
        return index

    vars(made).update(
        NVMLError=NVMLError,
        nvmlInit=lambda: None,
        nvmlShutdown=lambda: None,
        nvmlDeviceGetHandleByIndex=find,
        nvmlDeviceGetHandleByUUID=lambda name: find(int(name.removeprefix("GPU-"))),
        nvmlDeviceGetMemoryInfo=lambda index: SimpleNamespace(free=int(free[index] * GB), total=int(total * GB)),
    )
    return made


def test_a_gpu_that_another_program_holds_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", nvml(0.3))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)

    found = machine.gpu_taken()

    assert found is not None
    assert reasons.text(found) == (
        "another program holds 23.7 of 24.0 GB of GPU 0, and 2 GB must be free: close it, name another GPU with "
        "CUDA_VISIBLE_DEVICES, or measure with --device cpu"
    )


@pytest.mark.parametrize("visible", ["1", "1,0", "GPU-1", "7", "", "-1", "MIG-1"])
def test_a_gpu_with_room_or_one_that_is_not_known_is_used(monkeypatch: pytest.MonkeyPatch, visible: str) -> None:
    made = nvml(0.3, 20.0)
    named = made.nvmlDeviceGetHandleByUUID

    def by_name(name: str) -> int:
        if not name.startswith("GPU-"):
            raise NVMLError("invalid argument")
        found: int = named(name)
        return found

    monkeypatch.setattr(made, "nvmlDeviceGetHandleByUUID", by_name)
    monkeypatch.setitem(sys.modules, "pynvml", made)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)

    assert machine.gpu_taken() is None


def test_a_machine_without_a_driver_has_no_gpu_to_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    made = nvml(0.3)

    def absent() -> None:
        raise NVMLError("driver not loaded")

    monkeypatch.setattr(made, "nvmlInit", absent)
    monkeypatch.setitem(sys.modules, "pynvml", made)

    assert machine.gpu_taken() is None


FAKE_TORCH = """
import sys
from types import SimpleNamespace as Names

nothing = lambda *arguments, **options: None
set_num_threads = set_num_interop_threads = nothing
cuda = Names(is_available=lambda: True, device_count=lambda: 1, get_device_name=lambda i: "GPU", synchronize=nothing)
version = Names(hip=None)
cudnn = Names()
matmul = Names()
backends = Names(cuda=Names(matmul=matmul), cudnn=cudnn, mps=Names(is_available=lambda: False))
"""


def test_nothing_is_measured_on_a_gpu_that_another_program_holds(monkeypatch: pytest.MonkeyPatch, shadow: Path) -> None:
    (shadow / "torch.py").write_text(FAKE_TORCH)
    monkeypatch.setitem(sys.modules, "pynvml", nvml(0.3))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    arms = (Arm("a", "pytorch"), Arm("b", "pytorch"))
    monkeypatch.setattr(machine, "fingerprint", dict)

    one, other = runner.measure([probe("one"), probe("two")], arms=arms, device="cuda").probes

    assert {one.status, other.status} == {Status.NOT_SUPPORTED}
    assert reasons.of(one) == reasons.of(other) == machine.gpu_taken()


# ---------------------------------------------------------------- memory that grows


def tensorflow_of(error: Exception | None, *, used: bool = False) -> ModuleType:
    """A TensorFlow with one GPU, on which something raises once a device was used."""
    made = ModuleType("tensorflow")

    def refuse(*arguments: Any) -> None:
        if error is not None:
            raise error

    nothing = lambda *arguments: None  # noqa: E731 - stands in for five calls
    config = SimpleNamespace(
        threading=SimpleNamespace(set_intra_op_parallelism_threads=nothing, set_inter_op_parallelism_threads=nothing),
        experimental=SimpleNamespace(
            enable_tensor_float_32_execution=nothing,
            set_memory_growth=refuse,
            get_device_details=lambda device: {"device_name": "GPU"},
        ),
        list_physical_devices=lambda kind="": ["gpu"] if kind == "GPU" else [],
        list_logical_devices=lambda kind: ["gpu"] if used else [],
        set_visible_devices=refuse,
    )
    vars(made).update(config=config, sysconfig=SimpleNamespace(get_build_info=lambda: {"is_cuda_build": True}))
    return made


GROWTH = RuntimeError("Physical devices cannot be modified after being initialized")
VISIBLE = RuntimeError("Visible devices cannot be modified after being initialized")


def test_a_gpu_whose_memory_cannot_grow_is_refused_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorflow", tensorflow_of(GROWTH))
    monkeypatch.delenv("TF_FORCE_GPU_ALLOW_GROWTH", raising=False)
    tensorflow.start(threads=1, settings="default")

    with pytest.raises(Unsupported) as caught:
        tensorflow.use("cuda")

    said = reasons.text(caught.value.reason)
    assert re.search(r"Physical devices cannot be modified.*TF_FORCE_GPU_ALLOW_GROWTH=true", said)


@pytest.mark.parametrize(("error", "variable"), [(GROWTH, "true"), (None, "")])
def test_memory_that_grows_is_no_news(monkeypatch: pytest.MonkeyPatch, error: Exception | None, variable: str) -> None:
    monkeypatch.setitem(sys.modules, "tensorflow", tensorflow_of(error))
    monkeypatch.setenv("TF_FORCE_GPU_ALLOW_GROWTH", variable)
    tensorflow.start(threads=1, settings="default")

    assert tensorflow.use("cuda") == "/GPU:0"


def test_a_gpu_that_cannot_be_hidden_is_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorflow", tensorflow_of(VISIBLE, used=True))

    with pytest.raises(Unsupported) as caught:
        tensorflow.use("cpu")

    said = reasons.text(caught.value.reason)
    assert re.search(r"Visible devices cannot be modified.*CUDA_VISIBLE_DEVICES=-1", said)


def test_devices_that_are_hidden_already_need_no_hiding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorflow", tensorflow_of(VISIBLE, used=False))

    assert tensorflow.use("cpu") == "/CPU:0"


def test_what_a_framework_leaves_in_its_temporary_folder_goes_with_the_session_s(tmp_path: Path) -> None:
    found = temporary(str(tmp_path))

    assert found == dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(tmp_path / "tmp"))
    assert (tmp_path / "tmp").is_dir()
