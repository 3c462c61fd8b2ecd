"""Taking a trained model out of its framework: by its own means, and as ONNX.

Question: which ways out of the framework work here, how large is the file, and does it still compute the same?
Why it matters: a model is served, shipped and audited in a format, and a format that loses a millionth or gains a
    megabyte is better known beforehand.
How it is measured: a small convolution net is exported by every way this framework has; each file is loaded again
    and its answer compared with the model's. The cost compared is the size of the framework's own inference format.
    Where a package is missing, the command that adds it is named.
What is held equal: the same net with the same number of weights and the same input; sizes count every file of a format.
What it does not tell: which operations of one's own model a format refuses, or speed in another runtime.
Source: documentation of torch.export, torch.onnx, SavedModel and keras.Model.export.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
import time
import warnings
from pathlib import Path

from probes.scenarios import Observation, Stage, verdict

NAME = {"en": "Export", "zh": "导出"}

ZH = """把训练好的模型带出框架：用它自己的方式，以及 ONNX。

问题：此处有哪些导出方式可用，文件多大，结果是否仍然相同？
为何重要：模型以某种格式服务、发布和审计；格式若丢了百万分之一的精度或多出一兆字节，最好事先知道。
如何测量：用框架具备的每种方式导出一个小型卷积网络；重新加载每个文件，把结果与原模型比较。所比的代价是框架自己的
    推理格式的大小。缺少某个包时，给出安装它的命令。
双方相同之处：同样的网络、同样多的权重、同样的输入；一种格式的所有文件都计入大小。
不能说明什么：某种格式会拒绝你自己模型的哪些算子，或在其他运行时里的速度。
"""

KIND = "observed"
UNIT = "bytes"
PROCESSES = 1
PARITY = ()

SIDE, CHANNELS = 32, 32


def pytorch(folder):
    import torch
    from torch import nn

    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Conv2d(3, CHANNELS, 3),
        nn.ReLU(),
        nn.Conv2d(CHANNELS, CHANNELS, 3),
        nn.ReLU(),
        nn.Flatten(),
        nn.LazyLinear(10),
    ).eval()
    x = torch.rand(1, 3, SIDE, SIDE)
    with torch.no_grad():
        wanted = model(x).numpy()

    def exported():
        torch.export.save(torch.export.export(model, (x,)), folder / "own.pt2")
        return torch.export.load(folder / "own.pt2").module()(x).detach().numpy()

    def scripted():
        torch.jit.script(model).save(folder / "scripted.pt")
        return torch.jit.load(folder / "scripted.pt")(x).detach().numpy()

    def onnx():
        torch.onnx.export(model, (x,), folder / "model.onnx", dynamo=True)
        return _answer_of_onnx(folder / "model.onnx", x.numpy())

    ways = {
        "own": ("torch.export", exported, ()),
        "scripted": ("TorchScript", scripted, ()),
        "model": ("ONNX", onnx, ("onnx", "onnxscript", "onnxruntime")),
    }
    return ways, wanted, {"onnx": ("ONNX",), "own-format": ("torch.export",)}


def tensorflow(folder):
    import tensorflow as tf

    tf.random.set_seed(0)
    layers = tf.keras.layers
    model = tf.keras.Sequential(
        [
            tf.keras.Input((SIDE, SIDE, 3)),
            layers.Conv2D(CHANNELS, 3, activation="relu"),
            layers.Conv2D(CHANNELS, 3, activation="relu"),
            layers.Flatten(),
            layers.Dense(10),
        ]
    )
    x = tf.random.uniform((1, SIDE, SIDE, 3))
    wanted = model(x).numpy()

    def saved():
        model.export(folder / "own", verbose=False)
        loaded = tf.saved_model.load(folder / "own")
        return loaded.serve(x).numpy()

    def kept():
        model.save(folder / "kept.keras")
        return tf.keras.models.load_model(folder / "kept.keras")(x).numpy()

    def light():
        content = tf.lite.TFLiteConverter.from_keras_model(model).convert()
        (folder / "light.tflite").write_bytes(content)
        interpreter = tf.lite.Interpreter(model_content=content)
        interpreter.allocate_tensors()
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], x.numpy())
        interpreter.invoke()
        return interpreter.get_tensor(interpreter.get_output_details()[0]["index"])

    def onnx():
        model.export(folder / "model.onnx", format="onnx", verbose=False)
        return _answer_of_onnx(folder / "model.onnx", x.numpy())

    ways = {
        "own": ("SavedModel", saved, ()),
        "kept": ("Keras file", kept, ()),
        "light": ("LiteRT", light, ()),
        "model": ("ONNX", onnx, ("onnx", "tf2onnx", "onnxruntime")),
    }
    return ways, wanted, {"onnx": ("ONNX",), "every-format": ("SavedModel", "LiteRT", "ONNX")}


def _answer_of_onnx(path, x):
    onnxruntime = importlib.import_module("onnxruntime")
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: x})[0]


def observe(stage: Stage) -> Observation:
    folder = Path(stage.scratch) / f"export-{stage.backend.MODULE}"
    folder.mkdir(exist_ok=True)
    ways, wanted, checked = stage.part(globals())(folder)
    home = Path(str(sys.modules[stage.backend.MODULE].__file__)).parent
    formats = {name: _try(folder, stem, way, wanted, needs, home) for stem, (name, way, needs) in ways.items()}
    facts: dict[str, object] = {"formats": formats}
    facts["checks"] = {check: _verdict([formats[name]["works"] for name in names]) for check, names in checked.items()}
    own = next(iter(formats.values()))
    return Observation(float(own["bytes"]) if own["works"] else None, facts)


def _verdict(works):
    """Return what the ways of a check show together; the size of a file tells nothing about it."""
    return verdict(None if None in works else all(works))


def _try(folder, stem, way, wanted, needs, home):
    """Export one way; ``works`` is None where a package is missing.

    Deprecated is what the framework itself (its files lie under ``home``) says so of: a warning that it provokes in
    another package is none of the user's.
    """
    import numpy as np

    missing = [name for name in needs if importlib.util.find_spec(name) is None]
    if missing:
        return {"works": None, "reason": f"add what is missing: python -m pip install {' '.join(missing)}"}
    begin = time.perf_counter()
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            found = way()
    except Exception as error:  # whatever a format refuses is the datum
        return {"works": False, "reason": f"{type(error).__name__}: {error}"[:300]}
    files = [file for path in folder.glob(f"{stem}*") for file in (path.rglob("*") if path.is_dir() else [path])]
    return {
        "works": bool(np.allclose(found, wanted, atol=1e-4)),
        "seconds": time.perf_counter() - begin,
        "bytes": sum(file.stat().st_size for file in files if file.is_file()),
        "largest_difference": float(np.abs(np.asarray(found) - wanted).max()),
        "deprecated": any(
            "deprecat" in str(w.message).lower() and Path(w.filename).is_relative_to(home) for w in caught
        ),
    }
