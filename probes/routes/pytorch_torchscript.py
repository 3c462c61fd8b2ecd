"""PyTorch to TorchScript, by tracing. Deprecated by its makers; kept because much of what runs today was shipped so."""

from __future__ import annotations

from collections.abc import Sequence

from probes.routes import FP32, Converted, Order

NAME = {"en": "TorchScript, by torch.jit.trace", "zh": "TorchScript（torch.jit.trace）"}
FRAMEWORK = "pytorch"
RUNTIME = "torchscript"
PRECISIONS = (FP32,)
NEEDS = ()
ENVIRONMENT = ""
SECONDS = 3.0
DEPRECATED = "use torch.export"


def convert(order: Order) -> Converted:
    """Trace the module on the example, freeze its weights into it, and save it.

    Source: https://docs.pytorch.org/docs/stable/jit.html
    """
    import torch

    with torch.inference_mode():
        traced = torch.jit.freeze(torch.jit.trace(order.model.model, order.model.example))
    traced.save(order.folder / "model.pt")
    return Converted(order.folder / "model.pt", settings={"frozen": True})


def refused(order: Order) -> Sequence[str]:
    """Return nothing: a tracer runs the model as it is, and takes whatever ran."""
    return ()
