"""What a print, a breakpoint and an error inside the model give, seen by doing it.

Question: what does one see when looking into a running model, in each mode?
Why it matters: most of the time that a model takes is a person's, spent on finding out why it does not do what was
    meant.
How it is measured: a model of one layer is called three times with a print inside it, then with ``breakpoint()``
    inside, then with two faults: shapes that do not match, and an index out of range, which shows only when values
    are known.
    Noted: how often the print ran and whether it showed values; how often the breakpoint stopped and whether the local
    tensor had a value there; whether the error's traceback, or else its message, names the faulty line of the
    user's; how many frames a reader must look through.
What is held equal: the same model and the same faults, line by line.
What it does not tell: debuggers with a graphical face, profilers, or errors on an accelerator, which arrive later.
Source: tf.function guide ("only the first call prints"); torch.compile guide on graph breaks.
"""

from __future__ import annotations

import contextlib
import io
import sys
import traceback
from typing import Any

from probes.scenarios import Observation, Stage, verdict

NAME = {"en": "Debugging", "zh": "调试"}

ZH = """模型内部的 print、断点和错误给出什么：实际做一遍来看。

问题：在各种模式下，窥视运行中的模型能看到什么？
为何重要：花在模型上的时间大多是人的时间，用来查明它为何不按本意行事。
如何测量：一层的模型调用三次，内含 print；再内含 breakpoint()；再放入两个错误：形状不符，以及只有知道值才会发现
    的下标越界。记录：print 运行几次、是否显示数值；断点停了几次、局部张量在那里有没有值；错误的回溯或消息是否指出用
    户出错的那一行；要看过多少层调用。
双方相同之处：同样的模型、同样的错误，逐行对应。
不能说明什么：图形界面的调试器、性能分析器，或加速器上迟到的错误。
"""

KIND = "observed"
UNIT = "s"
PROCESSES = 1
PARITY = ()

CALLS = 3


def pytorch(stage):
    import torch

    weight = torch.full((4, 3), 0.5)

    def printing(x):
        y = x @ weight
        print(y)  # noqa: T201 - the very thing that is looked at
        return y + 1

    def stopping(x):
        y = x @ weight
        breakpoint()  # the hook below answers it
        return y + 1

    def mismatched(x):
        y = x @ weight
        return y @ weight  # the faulty line

    def out_of_range(x):
        y = x @ weight
        return y[:, torch.full((1,), 99)]  # the faulty line

    # As users compile: a graph break is allowed here, for a print is none of the timed code.
    compiled = (lambda f: f) if stage.build.mode == "eager" else torch.compile
    return torch.ones(2, 4), compiled, printing, stopping, (mismatched, out_of_range)


def tensorflow(stage):
    import tensorflow as tf

    weight = tf.fill((4, 3), 0.5)

    def printing(x):
        y = x @ weight
        print(y)  # noqa: T201 - the very thing that is looked at
        return y + 1

    def stopping(x):
        y = x @ weight
        breakpoint()  # the hook below answers it
        return y + 1

    def mismatched(x):
        y = x @ weight
        return y @ weight  # the faulty line

    def out_of_range(x):
        y = x @ weight
        return tf.gather(y, tf.fill((1,), 99), axis=1)  # the faulty line

    compiled = stage.backend.compile(stage.build.mode)
    return tf.ones((2, 4)), compiled, printing, stopping, (mismatched, out_of_range)


def observe(stage: Stage) -> Observation:
    x, compiled, printing, stopping, faulty = stage.part(globals())(stage)
    printed, stopped = _print(compiled(printing), x), _breakpoint(compiled(stopping), x)
    errors = {function.__name__: _error(compiled(function), x, function) for function in faulty}
    open_to_print = printed["printed"] == CALLS and printed["shows_values"]
    open_to_stop = stopped["stopped"] == CALLS and stopped["value_known"]
    eager = stage.build.mode == "eager"
    holds = {"open-as-the-mode-says": (open_to_print and open_to_stop) is eager}
    if eager:  # what is said of print and breakpoints is said of the everyday mode
        holds |= {"print": open_to_print, "breakpoint": open_to_stop}
    checks = {check: verdict(true) for check, true in holds.items()}
    return Observation(None, {"print": printed, "breakpoint": stopped, "errors": errors, "checks": checks})


def _print(call, x):
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown):
        refused = _refused(lambda: [call(x) for _ in range(CALLS)])
    text = shown.getvalue()
    return {
        "calls": CALLS,
        "printed": text.count("ensor("),
        "shows_values": "2." in text,
        "first": text.strip()[:200],
        **refused,
    }


def _breakpoint(call, x):
    stops = []

    def hook():
        y: Any = sys._getframe(1).f_locals.get("y")
        value = None
        with contextlib.suppress(Exception):  # a symbolic tensor has no value; that is the finding
            value = float(y.sum() if hasattr(y, "sum") else y.numpy().sum())
        stops.append((y is not None, value))

    real, sys.breakpointhook = sys.breakpointhook, hook
    try:
        refused = _refused(lambda: [call(x) for _ in range(CALLS)])
    finally:
        sys.breakpointhook = real
    return {
        "calls": CALLS,
        "stopped": len(stops),
        "local_found": bool(stops) and stops[0][0],
        "value_known": bool(stops) and stops[0][1] is not None,
        **refused,
    }


def _refused(run):
    try:
        run()
    except Exception as error:  # what a framework answers here is the datum
        return {"refused": f"{type(error).__name__}: {error}"[:300]}
    return {}


def _error(call, x, function):
    line = function.__code__.co_firstlineno + 2
    try:
        result = call(x)
        getattr(result, "numpy", lambda: result)()
    except Exception as error:  # likewise
        frames = traceback.extract_tb(error.__traceback__)
        message = str(error)
        return {
            "raised": type(error).__name__,
            "traceback_names_the_line": any(f.filename == __file__ and f.lineno == line for f in frames),
            "message_names_the_line": f"line {line}" in message,
            "frames": len(frames),
            "message_lines": len(message.splitlines()),
            "message": message.strip()[:300],
        }
    return {"raised": None}
