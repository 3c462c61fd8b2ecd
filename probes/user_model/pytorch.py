"""A PyTorch model of the user's: built, written down layer by layer, changed where told, trained."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
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
    """Return what is wrong with INPUT where the channels stand first in it."""
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

    recorder = _Recorder(model, keep=keep)
    hooks = []
    for place, module in model.module.named_modules():
        hooks.append(module.register_forward_pre_hook(recorder.before(place)))
        hooks.append(module.register_forward_hook(recorder.after(place)))
    model.module.eval()
    turned, model.turned = model.turned, False
    try:
        # Without gradients, attention would take a path around its layers.
        with torch.enable_grad(), recorder.functions():
            answer = model.call(_tensors(model, inputs))
    finally:
        model.turned = turned
        for hook in hooks:
            hook.remove()
    event, made = recorder.last
    if event is not None and event.kind in ("softmax", "log-softmax") and made is answer:
        event.settings["end"] = Setting(event.kind, "the end", change=event.without or _removed(model, event))
    return Trace(recorder.events, tuple(answer.movedim(1, -1).shape if turned else answer.shape))


class _Recorder:
    """Writes down what runs in a model: its layers, and functions that are called without a layer.

    Attributes:
        events: what ran, in order.
        names: id of a tensor -> its name, of those that no event holds yet.
        depth: of the layers and functions that are running now; what runs inside of one is a part of it.
        last: the last event with an output, and that output.
    """

    def __init__(self, model: Model, *, keep: bool) -> None:
        self.model, self.keep = model, keep
        self.events: list[Event] = []
        self.names = {id(tensor): name for name, tensor in tensors(model).items()}
        self.depth = 0
        self.last: tuple[Event | None, Any] = (None, None)

    def note(self, event: Event, given: Any, made: Any) -> None:
        """Append an event with the shapes of what it got and gave."""
        given, made = _tensor(given), _tensor(made)
        event.given = tuple(given.shape) if given is not None else ()
        if made is not None:
            event.made = tuple(made.shape)
            event.output = made.detach().cpu().numpy().copy() if self.keep else None
            self.last = (event, made)
        self.events.append(event)

    def before(self, place: str) -> Callable[[Any, Any], None]:
        """Make the hook that runs before a module."""

        def hook(module: Any, given: Any) -> None:
            if type(module).__name__ in LAYERS:
                self.depth += 1
            elif not self.depth:
                self.bare_weights(place, module)

        return hook

    def bare_weights(self, place: str, module: Any) -> None:
        """Note the parameters that a module of the user's holds beside its layers."""
        for name, parameter in module.named_parameters(recurse=False):
            if raw := self.names.pop(id(parameter), ""):
                called = f"{place}.{name}".lstrip(".")
                weight = Weight(raw, "weight", whole(tuple(parameter.shape)))
                self.events.append(Event(called, called, "weight", weights=[weight]))

    def after(self, place: str) -> Callable[[Any, Any, Any], None]:
        """Make the hook that runs after a module."""

        def hook(module: Any, given: Any, made: Any) -> None:
            describe = LAYERS.get(type(module).__name__)
            if describe is None:
                return
            self.depth -= 1
            if not self.depth:
                text = f"{type(module).__name__}({module.extra_repr()})"
                self.layer(module, describe(place, text, module, self.names), given, made)

        return hook

    def layer(self, module: Any, described: Iterable[Event], given: Any, made: Any) -> None:
        """Note what one layer is; of a recurrent one, the last of its cells alone has an output."""
        for event in described:
            event.line = self.model.lines.get(id(module), 0)
            self.note(event, given, made)
        if len(self.events) > 1 and self.events[-1].kind in RECURRENT:
            for other in self.events[-cells(module) : -1]:
                other.output, other.made = None, ()

    def function(self, function: Any, args: Any, kwargs: Any) -> Any:
        """Call a function, and note it where no layer calls it."""
        self.depth += 1
        try:
            made = function(*args, **kwargs)
        finally:
            self.depth -= 1
        name = getattr(function, "__name__", "").strip("_")
        if not self.depth and name in FUNCTIONS:
            event = FUNCTIONS[name](name, args, kwargs)
            event.line = line_in(self.model.path)
            self.note(event, args[0], made)
        return made

    def functions(self) -> Any:
        """Return a context in which every function of torch is called through this recorder."""
        from torch.overrides import TorchFunctionMode

        recorder = self

        class Functions(TorchFunctionMode):
            def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
                return recorder.function(function, args, kwargs or {})

        return Functions()


def _tensor(found: Any) -> Any:
    """Return the first tensor of what a layer got or gave."""
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
    """Train a model of the user's, as ``Part.twin`` says."""
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
