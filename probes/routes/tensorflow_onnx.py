"""TensorFlow to ONNX by tf2onnx, which Keras' ``export(format="onnx")`` calls too, run by ONNX Runtime.

The traced function is converted, not the Keras model, so that inputs and outputs keep their names and a model of any
class goes. Int8 is ONNX Runtime's static quantisation: ranges from representative data, weights with a scale a channel.

Source: https://github.com/onnx/tensorflow-onnx (tf2onnx.convert.from_function),
    https://onnxruntime.ai/docs/performance/model-optimizations/quantization.html
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from probes.routes import FP32, INT8, Converted, Order, RefusedOperators
from probes.routes._shared import quantise_onnx

NAME = {"en": "ONNX Runtime, by tf2onnx", "zh": "ONNX Runtime，经 tf2onnx"}
FRAMEWORK = "tensorflow"
RUNTIME = "onnx-runtime"
PRECISIONS = (FP32, INT8)
NEEDS = ("onnx", "tf2onnx", "onnxruntime")
ENVIRONMENT = ""
SECONDS = 4.0
DEPRECATED = ""


def convert(order: Order) -> Converted:
    """Convert the traced function; for int8 quantise what was made."""
    import tempfile

    import onnx
    import tensorflow as tf
    import tf2onnx

    model = order.model
    signature = [
        tf.TensorSpec(tensor.shape, tensor.dtype, name=name)
        for name, tensor in zip(model.inputs, model.example, strict=True)
    ]

    def serve(*tensors: Any) -> Any:
        return model.serve(**dict(zip(model.inputs, tensors, strict=True)))

    function = tf.function(serve, input_signature=signature, autograph=False)
    program, _ = tf2onnx.convert.from_function(function, input_signature=signature)
    _keep_constants(program.graph, function.get_concrete_function().graph.captures)
    if unknown := [node.op_type for node in _nodes(program.graph) if not onnx.defs.has(node.op_type, node.domain)]:
        raise RefusedOperators(unknown, "tf2onnx has no ONNX operators for these")
    main = order.folder / "model.onnx"
    settings: dict[str, str | int | bool] = {"opset": program.opset_import[0].version}
    if order.precision == FP32:
        onnx.save(program, str(main))
        return Converted(main, settings=settings)
    with tempfile.TemporaryDirectory() as beside:
        whole = Path(beside, "model.onnx")
        onnx.save(program, str(whole))
        quantise_onnx(whole, main, order)
    return Converted(main, settings={**settings, "scheme": "static QDQ, weights a channel"})


def refused(order: Order) -> Sequence[str]:
    """Return nothing: tf2onnx tells by converting, and leaves what it does not know in the graph."""
    return ()


def _keep_constants(graph: Any, captures: Sequence[tuple[Any, Any]]) -> None:
    """Store constants that the function took from around it: tf2onnx makes them inputs, which nobody would feed."""
    import onnx

    constants = {inside.name: outside for outside, inside in captures if outside.dtype.is_numpy_compatible}
    inputs = [one for one in graph.input if one.name not in constants]
    taken = [one.name for one in graph.input if one.name in constants]
    graph.initializer.extend(onnx.numpy_helper.from_array(constants[name].numpy(), name) for name in taken)
    del graph.input[:]
    graph.input.extend(inputs)


def _nodes(graph: Any) -> Iterator[Any]:
    """Yield all nodes, those of branches and loops included."""
    for node in graph.node:
        yield node
        for attribute in node.attribute:
            if attribute.HasField("g"):
                yield from _nodes(attribute.g)
