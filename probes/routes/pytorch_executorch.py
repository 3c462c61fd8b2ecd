"""PyTorch to ExecuTorch, whole or in part computed by XNNPACK."""

from __future__ import annotations

import importlib
import re
from collections.abc import Sequence
from typing import Any

from probes.backends import pytorch
from probes.routes import FP32, INT8, Converted, Order, RefusedOperators

NAME = {"en": "ExecuTorch with XNNPACK", "zh": "ExecuTorch（XNNPACK）"}
FRAMEWORK = "pytorch"
RUNTIME = "executorch"
PRECISIONS = (FP32, INT8)
NEEDS = ("executorch", "torchao")
ENVIRONMENT = "executorch"
SECONDS = 20.0
DEPRECATED = ""


def convert(order: Order) -> Converted:
    """Export the module, quantise it where asked for, and lower what XNNPACK can do to it.

    Source: https://docs.pytorch.org/executorch/stable/backends/xnnpack/xnnpack-overview.html and
    https://docs.pytorch.org/executorch/stable/backends/xnnpack/xnnpack-quantization.html
    """
    import torch
    from executorch.backends.xnnpack.partition.xnnpack_partitioner import XnnpackPartitioner
    from executorch.backends.xnnpack.quantizer.xnnpack_quantizer import (
        XNNPACKQuantizer,
        get_symmetric_quantization_config,
    )
    from executorch.exir import to_edge_transform_and_lower
    from torch._export.verifier import SpecViolationError
    from torchao.quantization.pt2e.quantize_pt2e import convert_pt2e, prepare_pt2e

    model = order.model.model
    if order.precision == INT8:
        quantizer = XNNPACKQuantizer().set_global(get_symmetric_quantization_config(is_per_channel=True))
        model = prepare_pt2e(torch.export.export(model, order.model.example).module(), quantizer)
        for batch in order.calibration:
            model(*(torch.from_numpy(batch[name]) for name in order.model.inputs))
        model = convert_pt2e(model)
    try:
        program = to_edge_transform_and_lower(
            torch.export.export(model, order.model.example),
            partitioner=[XnnpackPartitioner()],
        ).to_executorch()
    except (SpecViolationError, RuntimeError) as error:
        if operators := _named(str(error)):
            raise RefusedOperators(operators, str(error)) from error
        raise
    if missing := _without_kernel(program):
        raise RefusedOperators(missing, "the runtime has no kernel for them")
    program.save(str(order.folder / "model.pte"))
    return Converted(order.folder / "model.pte")


def refused(order: Order) -> Sequence[str]:
    """Name what torch.export, with which this begins, will not take; the rest is told while it is lowered."""
    importlib.import_module(
        "executorch.backends.xnnpack.partition.xnnpack_partitioner"
    )  # seconds that are not convert's
    return pytorch.not_exportable(order.model.model, order.model.example)


def _without_kernel(program: Any) -> list[str]:
    """Return the operators of a program that its runtime does not know, and without which it would not load."""
    from executorch.runtime import Runtime

    known = Runtime.get().operator_registry.operator_names
    plans = program.executorch_program.execution_plan
    asked = [".".join(filter(None, (one.name, one.overload))) for plan in plans for one in plan.operators]
    return [name for name in asked if name not in known]


def _named(said: str) -> list[str]:
    """Return the operators that an error names: none of the core set, or without a kernel in the runtime."""
    found = re.findall(r"Operator torch\._ops\.(\S+) is not in Core ATen opset", said)
    for names in re.findall(r"Missing out variants: {(.+?)}", said):
        found += re.findall(r"'(.+?)'", names)
    return found
