"""What the installed framework is and does today, by asking it: facts that confirm or contradict claims.

Question: do statements about how the framework works hold for the version installed here?
Why it matters: much that is written about either framework was true of a version that nobody installs any more.
How it is measured: short calls whose outcome is yes or no, each under the name of its check and with what was called.
    Nothing is timed and nothing is compared.
What is held equal: nothing needs to be; each side is asked about itself.
What it does not tell: how well a thing works that is there.
Source: the documentation of the calls named in each fact.
"""

from __future__ import annotations

import importlib.util
import warnings
from pathlib import Path

from probes.scenarios import Observation, Stage, verdict

NAME = {"en": "How the frameworks work", "zh": "框架的工作方式"}

ZH = """已安装的框架今天是什么、做什么：直接问它，得到证实或否定论断的事实。

问题：关于框架工作方式的说法，对此处安装的版本是否成立？
为何重要：关于两个框架的许多文字，说的是已无人安装的版本。
如何测量：若干简短的调用，结果只有是与否，每个都写明检验的名称和调用了什么。不计时，也不比较。
双方相同之处：无需相同；各问各的。
不能说明什么：已有的功能好不好用。
"""

KIND = "observed"
UNIT = "s"
PROCESSES = 1
PARITY = ()


def pytorch():
    import torch

    x = torch.ones(3, requires_grad=True)

    def branch():
        y = x * 2 if x.sum() > 0 else x * 3
        y.sum().backward()
        return float(x.grad[0]) == 2.0

    def shapes():
        weight, seen = torch.ones(2, 2), []
        for length in (1, 2, 3):
            h = torch.zeros(2)
            for _ in range(length):
                h = torch.tanh(weight @ h + 1)
            seen.append(tuple(h.shape))
        return len(seen) == 3

    def scripted():
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            module = torch.jit.script(torch.nn.Linear(2, 2))
        deprecated = any(issubclass(w.category, (DeprecationWarning, FutureWarning)) for w in caught)
        return module is not None, deprecated

    made, deprecated = _asked(scripted) or (False, False)
    return [
        _fact(
            "executes at once",
            "eager",
            (x * 2).tolist() == [2.0] * 3,
            "(x * 2).tolist()",
        ),
        _fact(
            "a Python if on a tensor's value works as written, gradient included",
            "branch",
            _asked(branch),
            "if x.sum() > 0, then backward()",
        ),
        _fact(
            "a loop of varying length works as written",
            "loop",
            _asked(shapes),
            "for _ in range(length)",
        ),
        _fact("TorchScript still compiles a module", "script", made, "torch.jit.script(nn.Linear)"),
        _fact(
            "TorchScript warns that it is deprecated",
            "script-not-deprecated",
            deprecated,
            "warnings from torch.jit.script",
            contradicts=True,
        ),
        _fact(
            "torch.compile is one call",
            "compile",
            callable(getattr(torch, "compile", None)),
            "torch.compile",
        ),
        _fact(
            "torch.compile leaves nn.LSTM eager unless told otherwise",
            "recurrent-stays-eager",
            not getattr(importlib.import_module("torch._dynamo").config, "allow_rnn", True),
            "torch._dynamo.config.allow_rnn",
        ),
        _fact("torch.export exists", "export", _found("torch.export"), "torch.export"),
        _fact(
            "torch.distributed is part of the package",
            "distributed",
            torch.distributed.is_available(),
            "torch.distributed.is_available()",
        ),
        _fact(
            "elastic launching is part of the package",
            "elastic",
            _found("torch.distributed.elastic"),
            "torch.distributed.elastic",
        ),
        _fact(
            "the ONNX exporter finds what it needs",
            "onnx",
            _found("torch.onnx") and _found("onnx") and _found("onnxscript"),
            "torch.onnx, onnx, onnxscript (python -m pip install onnx onnxscript)",
            optional=True,
        ),
        _fact(
            "TensorBoard can be written to",
            "tensorboard",
            _found("tensorboard"),
            "tensorboard (python -m pip install tensorboard)",
            optional=True,
        ),
    ]


def tensorflow():
    import tensorflow as tf

    x = tf.Variable([1.0, 1.0, 1.0])

    def branch():
        with tf.GradientTape() as tape:
            y = x * 2 if tf.reduce_sum(x) > 0 else x * 3
        return float(tape.gradient(y, x)[0]) == 2.0

    def branch_in_graph():
        @tf.function
        def choose(v):
            if tf.reduce_sum(v) > 0:
                return v * 2
            return v * 3

        return float(choose(x)[0]) == 2.0

    def traced():
        calls = []

        @tf.function
        def once(v):
            calls.append(v)
            return v + 1

        for _ in range(3):
            once(tf.constant(1.0))
        return len(calls) == 1

    def summarised():
        import tempfile

        # Here is the session's own folder, which goes with it however it ends.
        with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder, tf.summary.create_file_writer(folder).as_default():
            tf.summary.scalar("loss", 1.0, step=0)
        return True

    def interpreted():
        converter = tf.lite.TFLiteConverter.from_concrete_functions(
            [tf.function(lambda v: v * 2).get_concrete_function(tf.TensorSpec((1,), tf.float32))]
        )
        content = converter.convert()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            interpreter = tf.lite.Interpreter(model_content=content)
            interpreter.allocate_tensors()
        return True, any("eprecat" in str(w.message) for w in caught)

    converts, deprecated = _asked(interpreted) or (False, False)
    eager = tf.executing_eagerly()
    return [
        _fact(
            "executes at once",
            "eager",
            eager,
            "tf.executing_eagerly()",
        ),
        _fact(
            "the graph comes first",
            "graph-first",
            not eager,
            "not tf.executing_eagerly()",
        ),
        _fact("tf.Session is there", "session", hasattr(tf, "Session"), "hasattr(tf, 'Session')"),
        _fact(
            "sessions remain under tf.compat.v1",
            "compat-session",
            hasattr(tf.compat.v1, "Session"),
            "tf.compat.v1.Session",
        ),
        _fact(
            "a Python if on a tensor's value works as written, gradient included",
            "branch",
            _asked(branch),
            "if tf.reduce_sum(x) > 0, under GradientTape",
        ),
        _fact(
            "the same if works inside tf.function (rewritten by AutoGraph)",
            "branch-in-graph",
            _asked(branch_in_graph),
            "@tf.function",
        ),
        _fact(
            "Python side effects inside tf.function happen at the first call only",
            "traced-once",
            _asked(traced),
            "list.append in a traced function, three calls",
        ),
        _fact(
            "summaries are written with the packages that are installed",
            "summaries",
            _asked(summarised),
            "tf.summary.scalar",
        ),
        _fact(
            "TensorBoard itself is installed",
            "tensorboard",
            _found("tensorboard"),
            "tensorboard (python -m pip install tensorboard)",
            optional=True,
        ),
        _fact("a model converts to the LiteRT format", "light-format", converts, "tf.lite.TFLiteConverter"),
        _fact(
            "tf.lite.Interpreter warns that it is deprecated",
            "interpreter-not-deprecated",
            deprecated,
            "warnings from tf.lite.Interpreter",
            contradicts=True,
        ),
        _fact(
            "MirroredStrategy is part of the package",
            "mirrored",
            hasattr(tf.distribute, "MirroredStrategy"),
            "tf.distribute.MirroredStrategy",
        ),
        _fact("Keras is part of the package", "keras", hasattr(tf, "keras"), "tf.keras"),
        _fact("XLA compiles a function", "xla", _asked(_xla), "tf.function(jit_compile=True)"),
    ]


def _xla():
    import tensorflow as tf

    return float(tf.function(lambda v: v * 2 + 1, jit_compile=True)(tf.constant(1.0))) == 3.0


def _fact(text, check, holds, how, *, contradicts=False, optional=False):
    """State one fact and the check it answers.

    Args:
        contradicts: its holding speaks against the check.
        optional: it depends on what else is installed; its absence tells nothing.
    """
    holds = bool(holds)
    confirms = None if optional and not holds else holds is not contradicts
    return {"fact": text, "check": check, "holds": holds, "confirms": confirms, "asked": how}


def _asked(call):
    try:
        return call()
    except Exception:  # whatever it raises, the answer is that it does not hold here
        return False


def _found(module):
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def observe(stage: Stage) -> Observation:
    facts = stage.part(globals())()
    checks = {fact["check"]: verdict(fact["confirms"]) for fact in facts if fact["confirms"] is not None}
    return Observation(None, {"facts": facts, "checks": checks})
