"""PyTorch: configured, compiled, synchronised and asked through its own calls. Imports torch only in ``start``."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from probes.system import process_readings
from probes.types import Build, Exportable, Opened, Reason, Twin, Unsupported

MODULE = "torch"
ADD = "python -m pip install torch"
SWITCHES: Mapping[str, str] = {}
BUILDS = ()
CXX = True
FILES = (".pt2",)

_KINDS = {"cuda": "cuda", "mps": "mps", "xpu": "xpu"}

_COMPILER_MISSING = re.compile(r"InvalidCxxCompiler|No working C\+\+ compiler|Compiler: \S+ is not found|xcrun: error")
"""What torch.compile says without a C++ compiler: on Linux, in older versions, on Windows, and on macOS, where clang++
is always there and may do nothing but ask for its installation."""

_COMPILER = {"darwin": Reason("install-xcode"), "win32": Reason("install-build-tools")}
"""What adds one, by ``sys.platform``; elsewhere what Debian and Ubuntu say."""

_used = {"device": "cpu"}
"""The device that all work goes to, as torch names it."""


def before_import(*, threads: int, settings: str) -> None:
    """Set what OpenMP and MKL read when the library loads."""
    os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = str(threads)


def start(*, threads: int, settings: str) -> None:
    """Import torch; set threads and full float32 precision."""
    import torch

    torch.set_num_threads(threads)
    torch.set_num_interop_threads(threads)
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    if settings == "tuned":
        torch.backends.cudnn.benchmark = True


def devices() -> list[dict[str, str]]:
    """List the CPU and every accelerator torch can use."""
    import torch

    found = [{"kind": "cpu", "name": "cpu", "description": "CPU"}]
    if torch.cuda.is_available():
        kind = "rocm" if torch.version.hip else "cuda"
        found += [
            {"kind": kind, "name": f"cuda:{i}", "description": torch.cuda.get_device_name(i)}
            for i in range(torch.cuda.device_count())
        ]
    if torch.backends.mps.is_available():
        found.append({"kind": "mps", "name": "mps", "description": "Apple GPU"})
    xpu = getattr(torch, "xpu", None)
    if xpu is not None and xpu.is_available():
        found += [
            {"kind": "xpu", "name": f"xpu:{i}", "description": xpu.get_device_name(i)}
            for i in range(xpu.device_count())
        ]
    return found


def use(kind: str) -> str:
    """Make the first device of a kind the one that is waited for; return torch's name of it."""
    for device in devices():
        if device["kind"] == kind:
            if kind != "cpu" and _waiting(device["name"]) is None:
                raise Unsupported(Reason("cannot-wait", device=device["name"]))
            _used["device"] = device["name"]
            return device["name"]
    raise Unsupported(Reason("no-device", framework="torch", kind=kind, seen=[d["kind"] for d in devices()]))


def ledger() -> dict[str, Any]:
    """Read the settings back that must be equal in both arms."""
    import torch

    return {
        "threads": torch.get_num_threads(),
        "tf32": bool(torch.backends.cuda.matmul.allow_tf32),
    }


def defaults() -> dict[str, Any]:
    """Read back what torch chooses for itself."""
    import torch

    capability = getattr(torch.backends, "cpu", None)
    return {
        "onednn": bool(torch.backends.mkldnn.is_available()),
        "layout": "channels first",
        "allocator": process_readings.allocator(),
        "instruction_set": capability.get_cpu_capability() if capability else None,
    }


def facts() -> dict[str, Any]:
    """Read back what else must be known."""
    import torch

    return {
        "versions": {"torch": torch.__version__, "numpy": metadata.version("numpy")},
        "threads_inter": torch.get_num_interop_threads(),
        "precision": torch.get_float32_matmul_precision(),
        "build": {"cuda": torch.version.cuda, "hip": torch.version.hip},
    }


def compile(mode: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return ``torch.compile(fullgraph=True)`` for the compiled mode; a graph break is then an error."""
    if mode in ("eager", "default"):
        return lambda function: function
    if mode == "xla":
        raise Unsupported(Reason("no-torch-xla"))
    import torch

    return lambda function: torch.compile(function, fullgraph=True)


def synchronise() -> None:
    """Wait for the device in use; the CPU has nothing to wait for."""
    wait = None if _used["device"] == "cpu" else _waiting(_used["device"])
    if wait is not None:
        wait()


def _waiting(device: str) -> Callable[[], Any] | None:
    """Find the call that waits for a device: ``torch.accelerator`` since torch 2.6, before it one call a kind."""
    import torch

    accelerator = getattr(torch, "accelerator", None)
    if accelerator is not None and accelerator.is_available():
        found: Callable[[], Any] = accelerator.synchronize
        return found
    return getattr(getattr(torch, device.partition(":")[0], None), "synchronize", None)


def memory() -> dict[str, int]:
    """Ask the caching allocator of the accelerator."""
    import torch

    for name in _KINDS:
        module = getattr(torch, name, None)
        if module is not None and module.is_available() and hasattr(module, "max_memory_allocated"):
            return {
                "allocated": int(module.memory_allocated()),
                "peak": int(module.max_memory_allocated()),
                "reserved": int(module.max_memory_reserved()),
            }
    return {}


def reset_memory() -> None:
    """Start a new peak on the accelerator."""
    import torch

    for name in _KINDS:
        module = getattr(torch, name, None)
        if module is not None and module.is_available() and hasattr(module, "reset_peak_memory_stats"):
            module.reset_peak_memory_stats()


def counters() -> dict[str, int]:
    """Read Dynamo's counters; all zero where nothing was compiled.

    ``compilations`` are graphs that Dynamo captured: none of them under ``torch.compile`` means that the
    function ran eagerly in disguise (an ``nn.LSTM`` does).
    """
    dynamo = sys.modules.get("torch._dynamo.utils")
    if dynamo is None:
        return {"compilations": 0, "graph_breaks": 0, "fallbacks": 0, "retraces": 0}
    seen = dynamo.counters
    graphs = int(seen["stats"]["unique_graphs"])
    return {
        "compilations": graphs,
        "graph_breaks": int(sum(seen["graph_break"].values())),
        "fallbacks": int(seen["frames"]["total"] - seen["frames"]["ok"]),
        "retraces": graphs,
    }


def explain(error: BaseException) -> Reason | None:
    """Recognise a missing C++ compiler by what torch.compile says about it."""
    if not _COMPILER_MISSING.search(f"{type(error).__name__}: {error}"):
        return None
    return Reason("no-cxx-compiler", way_out=_COMPILER.get(sys.platform, Reason("install-gxx")))


def mend(error: BaseException) -> bool:
    """Unlink the files of Inductor's cache that an error names, and forget what was built on them."""
    runtime = sys.modules.get("torch._inductor.runtime.cache_dir_utils")
    if runtime is None:
        return False
    named = re.findall(re.escape(runtime.cache_dir()) + r"[^\s:'\"]+", str(error))
    broken = [path for path in map(Path, named) if path.is_file()]
    for path in broken:
        path.unlink(missing_ok=True)
    if broken:
        import torch

        torch._dynamo.reset()
    return bool(broken)


def keep_compiled(folder: str) -> None:
    """Set where Inductor, which reads it at every compilation, keeps its work."""
    os.environ["TORCHINDUCTOR_CACHE_DIR"] = folder


def fetched(tensor: Any) -> Any:
    """Return a tensor as an array, out of its graph and off its device."""
    return tensor.detach().cpu().numpy()


def matmul(n: int, dtype: str, device: str) -> Callable[[], Any]:
    """Multiply into a matrix that is there already."""
    import torch

    left, right = (torch.rand(n, n, dtype=getattr(torch, dtype), device=device) for _ in range(2))
    out = torch.empty_like(left)
    return lambda: torch.mm(left, right, out=out)


def copy(count: int, device: str) -> Callable[[], Any]:
    """Copy into memory that is there already."""
    import torch

    source = torch.rand(count, device=device)
    target = torch.zeros_like(source)
    return lambda: target.copy_(source)


def release() -> None:
    """Drop compiled code and cached device memory."""
    import gc

    gc.collect()
    torch = sys.modules["torch"]
    if "torch._dynamo" in sys.modules:
        torch._dynamo.reset()
    accelerator = getattr(torch, "accelerator", None)
    if accelerator is not None and accelerator.is_available() and hasattr(accelerator, "empty_cache"):
        accelerator.empty_cache()


def opened(path: str) -> Opened:
    """Load a program that ``torch.export.save`` wrote."""
    import torch

    program = torch.export.load(path)
    args, kwargs = program.example_inputs
    if kwargs or not all(isinstance(one, torch.Tensor) for one in args):
        raise Unsupported(Reason("inputs-untold", path=Path(path).name))
    module = program.module()
    names = tuple(program.graph_signature.user_inputs)
    outputs = tuple(str(number) for number, _ in enumerate(program.graph_signature.user_outputs))
    dtypes = {name: str(one.dtype).removeprefix("torch.") for name, one in zip(names, args, strict=True)}

    class Served(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = module

        def forward(self, *tensors: Any) -> tuple[Any, ...]:
            found = self.model(*tensors)
            return tuple(found) if isinstance(found, tuple | list) else (found,)

    def exportable(batch: Mapping[str, Any]) -> Exportable:
        example = tuple(torch.from_numpy(batch[name]) for name in names)
        return Exportable(Served(), names, outputs, example, dtypes=dtypes)

    return Opened({name: (tuple(one.shape), dtypes[name]) for name, one in zip(names, args, strict=True)}, exportable)


def supervised(
    build: Build,
    model: Any,
    *,
    tensors: Mapping[str, tuple[Any, Sequence[int] | None]],
    call: Callable[[Any, Mapping[str, Any]], Mapping[str, Any]],
    loss: Callable[[Mapping[str, Any], Mapping[str, Any]], Any],
    optimiser: Callable[[Any], Any],
    layouts: Mapping[str, Sequence[int]] | None = None,
) -> Twin:
    """Make a twin of a module trained with one loss and one optimiser.

    Args:
        build: dtype, device, mode and settings.
        model: an ``nn.Module``, not yet moved.
        tensors: canonical name -> (parameter or buffer, axes that turn the canonical array into it).
        call: (model, batch) -> outputs by name.
        loss: (outputs, batch) -> scalar tensor.
        optimiser: parameters -> ``torch.optim`` optimiser.
        layouts: axes that turn a canonical input into torch's layout, by input name.
    """
    import numpy as np
    import torch

    dtype = getattr(torch, build.dtype)
    places = {id(tensor): name for name, tensor in [*model.named_parameters(), *model.named_buffers()]}
    model.to(device=build.device, dtype=dtype)
    moved = dict([*model.named_parameters(), *model.named_buffers()])
    tensors = {name: (moved[places[id(tensor)]], axes) for name, (tensor, axes) in tensors.items()}
    channels_last = build.settings == "tuned" and layouts is not None
    if channels_last:
        model.to(memory_format=torch.channels_last)
    optimise = optimiser(model.parameters())
    run_loss = build.compile(lambda batch: loss(call(model, batch), batch))
    run_forward = build.compile(lambda batch: call(model, batch))

    def load(weights: Mapping[str, Any]) -> None:
        with torch.no_grad():
            for name, (tensor, axes) in tensors.items():
                array = weights[name] if axes is None else np.transpose(weights[name], axes)
                tensor.copy_(torch.from_numpy(np.ascontiguousarray(array)))

    def training(on: bool) -> None:
        if model.training is not on:
            model.train(on)

    def step(batch: Any) -> Any:
        training(True)
        optimise.zero_grad(set_to_none=True)
        value = run_loss(batch)
        value.backward()
        optimise.step()
        return value

    def forward(batch: Any) -> Any:
        training(False)
        with torch.inference_mode():
            return run_forward(batch)

    def loss_alone(batch: Any) -> Any:
        training(True)
        return run_loss(batch)

    def gradients(batch: Any) -> dict[str, Any]:
        training(True)
        optimise.zero_grad(set_to_none=True)
        run_loss(batch).backward()
        return {
            name: _canonical(tensor.grad, axes)
            for name, (tensor, axes) in tensors.items()
            if getattr(tensor, "grad", None) is not None
        }

    return Twin(
        load=load,
        dump=lambda: {name: _canonical(tensor, axes) for name, (tensor, axes) in tensors.items()},
        place=lambda batch: _placed(batch, build, layouts or {}, channels_last=channels_last),
        step=step,
        forward=forward,
        loss=loss_alone,
        outputs=lambda batch: {name: _canonical(tensor, None) for name, tensor in forward(batch).items()},
        gradients=gradients,
        parameters=sum(p.numel() for p in model.parameters() if p.requires_grad),
        exportable=lambda batch: _exportable(model, call, batch, build, layouts or {}),
    )


def _exportable(
    model: Any,
    call: Callable[[Any, Mapping[str, Any]], Mapping[str, Any]],
    batch: Mapping[str, Any],
    build: Build,
    layouts: Mapping[str, Sequence[int]],
) -> Exportable:
    """Wrap a module so that it takes its inputs by position and gives a tuple, as every converter asks for."""
    import torch

    placed = _placed(batch, build, layouts, channels_last=False)
    read = _read(lambda known: call(model.eval(), known), placed)
    inputs = tuple(name for name in placed if name in read)

    class Served(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, *tensors: Any) -> tuple[Any, ...]:
            return tuple(call(self.model, dict(zip(inputs, tensors, strict=True))).values())

    with torch.inference_mode():
        outputs = tuple(call(model, placed))
    return Exportable(
        model=Served().eval(),
        inputs=inputs,
        outputs=outputs,
        example=tuple(placed[name] for name in inputs),
        layouts={name: tuple(axes) for name, axes in layouts.items() if name in inputs},
        dtypes={name: str(placed[name].dtype).removeprefix("torch.") for name in inputs},
    )


def _read(call: Callable[[Mapping[str, Any]], Any], placed: Mapping[str, Any]) -> set[str]:
    """Return the names of a batch that a model's answer hangs on: labels lie in the batch, and no answer reads them."""
    import torch

    seen: set[str] = set()

    class Watched(dict[str, Any]):
        def __getitem__(self, name: str) -> Any:
            seen.add(name)
            return super().__getitem__(name)

    with torch.inference_mode():
        call(Watched(placed))
    return seen


def _canonical(tensor: Any, axes: Sequence[int] | None) -> Any:
    """Return a tensor as an array in its canonical layout."""
    import numpy as np

    array = tensor.detach().to_dense().cpu().numpy()  # embedding bags may have sparse gradients
    return (array if axes is None else array.transpose(np.argsort(axes))).copy()


def _placed(
    batch: Mapping[str, Any], build: Build, layouts: Mapping[str, Sequence[int]], *, channels_last: bool
) -> dict[str, Any]:
    """Copy a batch of arrays to the device, in torch's layout and the build's dtype."""
    import numpy as np
    import torch

    dtype, placed = getattr(torch, build.dtype), {}
    for name, array in batch.items():
        axes = layouts.get(name)
        tensor = torch.from_numpy(np.ascontiguousarray(array if axes is None else np.transpose(array, axes)))
        tensor = tensor.to(build.device, dtype if tensor.is_floating_point() else torch.int64)
        if channels_last and tensor.dim() == 4:
            tensor = tensor.to(memory_format=torch.channels_last)
        placed[name] = tensor
    return placed


def not_exportable(model: Any, example: tuple[Any, ...]) -> list[str]:
    """Name what ``torch.export`` will not take: operators without a shape rule, branches that hang on values.

    Where it refuses, ``draft_export``, its makers' own check, runs the model once on real tensors, goes past what
    ``export`` stops at, and names all of it.
    Source: https://docs.pytorch.org/docs/stable/user_guide/torch_compiler/export/draft_export.html
    """
    import logging

    import torch
    from torch.export._draft_export import FailureType

    try:
        torch.export.export(model, example)
    except Exception:  # whatever it refuses with, the check below names what it can name
        logging.getLogger("torch.export").setLevel(logging.ERROR)  # the check prints a page
    else:
        return []
    found = []
    for failure in torch.export.draft_export(model, example)._report.failures:
        if failure.failure_type is FailureType.MISSING_FAKE_KERNEL:
            found.append(failure.data["op"])
        elif failure.failure_type is FailureType.DATA_DEPENDENT_ERROR:
            *_, last = failure.data["user_stack"] or [{"line": 0, "loc": "?"}]
            found.append(f"data-dependent control flow, line {last['line']}: {last['loc']}")
    return found
