"""A PyTorch model of the user's: built, written down layer by layer, changed where told, trained."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from probes.backends import pytorch as backend
from probes.types import Build, Reason, Twin, Unsupported
from probes.user_model import Event, Setting, Trace, Weight, answer_alone, key, line_in, whole
from probes.user_model.pytorch_layers import FUNCTIONS, LAYERS, RECURRENT, cells

CHANNELS = "first"


@dataclass
class Model:
    """A module and how it is fed.

    Attributes:
        module: the user's ``nn.Module``.
        path: the user's file.
        lines: id of a module -> line of that file that made it.
        rank: number of axes that its convolutions take, 0 where it has none.
        given: inputs by name -> the module's answer.
        moved: inputs whose channels must come first.
        turned: its answer has channels first.
    """

    module: Any
    path: str
    lines: dict[int, int]
    rank: int
    given: Callable[[Mapping[str, Any]], Any]
    moved: tuple[str, ...] = ()
    turned: bool = False

    def call(self, inputs: Mapping[str, Any]) -> Any:
        """Answer a batch."""
        found = answer_alone(self.given(inputs))
        return found.movedim(1, -1) if self.turned else found


def _arrangement(module: Any, names: list[str]) -> Callable[[Mapping[str, Any]], Any]:
    """Find out how a module wants its inputs: by name where ``forward`` has such parameters, else in their order."""
    if len(names) == 1:
        return lambda inputs: module(inputs[names[0]])
    known = inspect.signature(module.forward).parameters
    if set(names) <= set(known):
        return lambda inputs: module(**inputs)
    if len(known) == 1 and next(iter(known.values())).kind is not inspect.Parameter.VAR_POSITIONAL:
        if "0" in names:
            return lambda inputs: module(list(inputs.values()))
        return lambda inputs: module(dict(inputs))
    return lambda inputs: module(*inputs.values())


@contextlib.contextmanager
def reference() -> Iterator[None]:
    """Make what the model's own code creates float64 too (initial states, masks)."""
    import torch

    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


def build(make: Callable[[], Any], dtype: str, inputs: Mapping[str, Any], *, changed: Collection[str] = ()) -> Model:
    """Build a model of the user's in a dtype; one call fills layers that take their shape from the input."""
    import torch
    from torch import nn

    path = make.__code__.co_filename
    lines: dict[int, int] = {}
    plain = nn.Module.__init__

    def noted(module: Any, *args: Any, **options: Any) -> None:
        lines[id(module)] = line_in(path)
        plain(module, *args, **options)

    nn.Module.__init__ = noted
    try:
        module = make()
    finally:
        nn.Module.__init__ = plain
    if not isinstance(module, nn.Module):
        raise Unsupported(Reason("no-model", kind=type(module).__name__, wanted="nn.Module"))
    convolutions = [m for m in module.modules() if isinstance(m, nn.modules.conv._ConvNd)]
    rank = max((len(m.kernel_size) + 2 for m in convolutions), default=0)
    model = Model(module, path, lines, rank, _arrangement(module, list(inputs)))
    moved = tuple(name for name, array in inputs.items() if rank and array.ndim == rank)
    with torch.no_grad():
        module.eval()
        for attempt in dict.fromkeys((moved, ())):
            model.moved = attempt
            try:
                model.call(_tensors(model, inputs))
            except RuntimeError as error:  # a model that puts channels first itself is given them last
                if not attempt:
                    raise _first_channels(convolutions, inputs) or error from None
                continue
            if not attempt and moved and (wrong := _first_channels(convolutions, inputs)):
                raise wrong
            break
    module.to(getattr(torch, dtype))
    found = trace(model, inputs).events
    imaged = [event for event in found if len(event.made) == rank and rank]
    weighted = [event for event in found if event.weights]
    model.turned = bool(imaged and weighted and weighted[-1].kind in _OF_IMAGES and len(weighted[-1].made) == rank)
    return model


_OF_IMAGES = ("convolution", "transposed convolution", "batch normalisation", "group normalisation")


def _first_channels(convolutions: list[Any], inputs: Mapping[str, Any]) -> Unsupported | None:
    """Say what is wrong with INPUT where the channels stand first in it."""
    first = convolutions[0] if convolutions else None
    for array in inputs.values():
        if first is None or array.ndim != len(first.kernel_size) + 2:
            continue
        if array.shape[1] == first.in_channels != array.shape[-1]:
            meant = (array.shape[0], *array.shape[2:], array.shape[1])
            return Unsupported(Reason("channels-first", shape=str(meant)))
    return None


def _tensors(model: Model, inputs: Mapping[str, Any]) -> dict[str, Any]:
    import torch

    dtype = next((p.dtype for p in model.module.parameters() if p.is_floating_point()), torch.float32)
    made = {}
    for name, array in inputs.items():
        tensor = torch.from_numpy(array)
        tensor = tensor.to(dtype if tensor.is_floating_point() else torch.int64)
        made[name] = tensor.movedim(-1, 1).contiguous() if name in model.moved else tensor
    return made


def output(model: Model, inputs: Mapping[str, Any]) -> Any:
    """Return a model's answer as an array, channels last."""
    import torch

    model.module.eval()
    with torch.no_grad():
        return model.call(_tensors(model, inputs)).cpu().numpy()


def tensors(model: Model) -> dict[str, Any]:
    """Return parameters and buffers of floating point by name."""
    held = [*model.module.named_parameters(), *model.module.named_buffers()]
    return {name: tensor for name, tensor in held if tensor.is_floating_point()}


def arrays(model: Model) -> dict[str, Any]:
    """Return copies of parameters and buffers by name."""
    return {name: tensor.detach().cpu().numpy().copy() for name, tensor in tensors(model).items()}


def put(model: Model, arrays: Mapping[str, Any]) -> None:
    """Overwrite parameters and buffers."""
    import torch

    with torch.no_grad():
        for name, tensor in tensors(model).items():
            tensor.copy_(torch.from_numpy(arrays[name]))


def trace(model: Model, inputs: Mapping[str, Any], *, keep: bool = False) -> Trace:
    """Run the model once and write down which layers and functions ran.

    Args:
        model: from ``build``.
        inputs: one batch, by name.
        keep: keep the outputs.
    """
    import torch
    from torch.overrides import TorchFunctionMode

    events: list[Event] = []
    names = {id(tensor): name for name, tensor in tensors(model).items()}
    inside = [0]
    last: list[Any] = [None]
    path = model.path

    def note(event: Event, given: Any, made: Any) -> None:
        given, made = _tensor(given), _tensor(made)
        event.given = tuple(given.shape) if given is not None else ()
        if made is not None:
            event.made = tuple(made.shape)
            event.output = made.detach().cpu().numpy().copy() if keep else None
            last[0] = (event, made)
        events.append(event)

    def before(place: str, module: Any) -> Callable[..., None]:
        def hook(module: Any, given: Any) -> None:
            if type(module).__name__ in LAYERS:
                inside[0] += 1
            elif not inside[0]:
                for name, parameter in module.named_parameters(recurse=False):
                    if raw := names.pop(id(parameter), ""):
                        called = f"{place}.{name}".lstrip(".")
                        weight = Weight(raw, "weight", whole(tuple(parameter.shape)))
                        events.append(Event(called, called, "weight", weights=[weight]))

        return hook

    def after(place: str, module: Any) -> Callable[..., None]:
        def hook(module: Any, given: Any, made: Any) -> None:
            describe = LAYERS.get(type(module).__name__)
            if describe is None:
                return
            inside[0] -= 1
            if inside[0]:
                return
            text = f"{type(module).__name__}({module.extra_repr()})"
            for event in describe(place, text, module, names):
                event.line = model.lines.get(id(module), 0)
                note(event, given, made)
            if len(events) > 1 and events[-1].kind in RECURRENT:
                for other in events[-cells(module) : -1]:
                    other.output, other.made = None, ()

        return hook

    class Functions(TorchFunctionMode):
        """Sees functions that are called without a layer."""

        def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            kwargs = kwargs or {}
            inside[0] += 1
            try:
                made = function(*args, **kwargs)
            finally:
                inside[0] -= 1
            name = getattr(function, "__name__", "").strip("_")
            if not inside[0] and name in FUNCTIONS:
                event = FUNCTIONS[name](name, args, kwargs)
                event.line = line_in(path)
                note(event, args[0], made)
            return made

    hooks = []
    for place, module in model.module.named_modules():
        hooks.append(module.register_forward_pre_hook(before(place, module)))
        hooks.append(module.register_forward_hook(after(place, module)))
    model.module.eval()
    turned, model.turned = model.turned, False
    try:
        with torch.enable_grad(), Functions():  # without gradients, attention would take a path around its layers
            found = model.call(_tensors(model, inputs))
    finally:
        model.turned = turned
        for hook in hooks:
            hook.remove()
    if last[0] is not None and last[0][0].kind in ("softmax", "log-softmax") and last[0][1] is found:
        event = last[0][0]
        event.settings["end"] = Setting(event.kind, "the end", change=event.without or _removed(model, event))
    return Trace(events, tuple(found.movedim(1, -1).shape if turned else found.shape))


def _tensor(found: Any) -> Any:
    """Take the first tensor of what a layer got or gave."""
    while isinstance(found, tuple | list) and found:
        found = found[0]
    return found if hasattr(found, "shape") else None


def _removed(model: Model, event: Event) -> Callable[[Any], None] | None:
    """Return what puts an identity in the place of a last softmax; a function that the model calls stays."""
    from torch import nn

    if event.name not in dict(model.module.named_modules()):
        return None

    def change(value: Any) -> None:
        parent, _, child = event.name.rpartition(".")
        setattr(model.module.get_submodule(parent), child, nn.Identity())

    return change


def twin(build: Build, model: Model, *, names: tuple[str, ...], loss: str, rate: float, end: str, append: bool) -> Twin:
    """Train a model of the user's by plain gradient descent; its arrays have the framework's own names.

    Args:
        build: dtype, device, mode and settings.
        model: from ``build``.
        names: of the inputs.
        loss: one of ``workload.LOSSES``.
        rate: of gradient descent.
        end: what the outputs are: logits (""), "softmax" or "log-softmax".
        append: this side lacks that end.
    """
    import torch
    from torch.nn import functional

    def cost(outputs: Mapping[str, Any], batch: Mapping[str, Any]) -> Any:
        y = outputs["y"]
        if loss == "cross-entropy":
            y, wanted = y.reshape(-1, y.shape[-1]), batch["y"].reshape(-1)
            return (
                functional.nll_loss(torch.log(y), wanted) if end == "softmax" else functional.cross_entropy(y, wanted)
            )
        return functional.mse_loss(y, batch["y"])

    close = {"softmax": torch.softmax, "log-softmax": torch.log_softmax}.get(end if append else "")
    call, keys = model.call, {name: key(name) for name in names}

    def answer(module: Any, batch: Mapping[str, Any]) -> dict[str, Any]:
        y = call({name: batch[key] for name, key in keys.items()})
        return {"y": y if close is None else close(y, dim=-1)}

    axes = (0, model.rank - 1, *range(1, model.rank - 1))
    return backend.supervised(
        build,
        model.module,
        tensors={name: (tensor, None) for name, tensor in tensors(model).items()},
        call=answer,
        loss=cost,
        optimiser=lambda parameters: torch.optim.SGD(parameters, lr=rate),
        layouts={key(name): axes for name in model.moved} or None,
    )
