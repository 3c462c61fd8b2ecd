"""PyTorch to an exported program, by torch.export: the form from which its newer ways out begin."""

from __future__ import annotations

from collections.abc import Sequence

from probes.backends import pytorch
from probes.routes import FP32, Converted, Order

NAME = {"en": "torch.export (.pt2)", "zh": "torch.export（.pt2）"}
FRAMEWORK = "pytorch"
RUNTIME = "torch-export"
PRECISIONS = (FP32,)
NEEDS = ()
ENVIRONMENT = ""
SECONDS = 5.0
DEPRECATED = ""


def convert(order: Order) -> Converted:
    """Export the module on the example, and save the program.

    Source: https://docs.pytorch.org/docs/stable/user_guide/torch_compiler/export.html
    """
    import torch

    program = torch.export.export(order.model.model, order.model.example)
    torch.export.save(program, order.folder / "model.pt2")
    return Converted(order.folder / "model.pt2")


def refused(order: Order) -> Sequence[str]:
    """Name what torch.export will not take."""
    return pytorch.not_exportable(order.model.model, order.model.example)
