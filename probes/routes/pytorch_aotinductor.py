"""PyTorch to machine code for this kind of processor, by torch.export and AOTInductor."""

from __future__ import annotations

from collections.abc import Sequence

from probes.backends import pytorch
from probes.routes import FP32, Converted, Order

NAME = {"en": "AOTInductor", "zh": "AOTInductor"}
FRAMEWORK = "pytorch"
RUNTIME = "aotinductor"
PRECISIONS = (FP32,)
NEEDS = ()
ENVIRONMENT = ""
SECONDS = 60.0
DEPRECATED = ""


def convert(order: Order) -> Converted:
    """Export the module on the example, and compile it; needs a C++ compiler.

    Freezing is what its makers advise for CPUs: https://docs.pytorch.org/docs/stable/user_guide/torch_compiler/
    torch.compiler_aot_inductor.html
    """
    import torch

    with torch.inference_mode():
        program = torch.export.export(order.model.model, order.model.example)
        torch._inductor.aoti_compile_and_package(
            program,
            package_path=str(order.folder / "model.pt2"),
            inductor_configs={"freezing": True},
        )
    return Converted(order.folder / "model.pt2", settings={"freezing": True, "threads": torch.get_num_threads()})


def refused(order: Order) -> Sequence[str]:
    """Name what torch.export will not take."""
    return pytorch.not_exportable(order.model.model, order.model.example)
