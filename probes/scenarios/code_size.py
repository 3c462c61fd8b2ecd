"""How much code one model takes: lines and distinct names of the twin sides.

Question: how many lines, and how many names of the framework, does the same model take on either side?
Why it matters: what is shorter to write is shorter to read, and every distinct name has to be learnt.
How it is measured: the source of each side is read, not run: lines that hold code (no blank lines, comments or
    documentation), and distinct dotted names that begin at something imported from the framework. Methods of
    tensors are not counted: their owner cannot be read off the text.
What is held equal: the very sides that the other probes time, formatted by the same formatter.
What it does not tell: taste. Both sides were written by the same hands, side by side, which makes them more alike than
    code in the wild; training loops stand in the backends and are not counted.
Source: Python's ast and tokenize modules.
"""

from __future__ import annotations

import ast
import inspect
import io
import textwrap
import tokenize

from probes.scenarios import Observation, Stage

NAME = {"en": "Length of the code", "zh": "代码量"}

ZH = """同一个模型要写多少代码：两边的行数与不同名称的个数。

问题：同一个模型，两边各要多少行、用到框架的多少个名称？
为何重要：写起来短的读起来也短，而每个不同的名称都得学。
如何测量：只读两边的源码，不运行：数含有代码的行（空行、注释、文档不算），以及从框架导入之物开头的不同点分名称。
    张量的方法不计，因为从文本看不出属于谁。
双方相同之处：正是其他探测所计时的两边代码，用同一工具排版。
不能说明什么：好恶。两边出自同一批人之手、并排写成，比实际中的代码更相似；训练循环在后端里，不计入。
"""

KIND = "observed"
UNIT = "lines"
PROCESSES = 1
PARITY = ()


def observe(stage: Stage) -> Observation:
    stage.twin()  # a side that is absent or does not run is no code to count
    assert stage.side is not None
    source = textwrap.dedent(inspect.getsource(stage.side))
    lines, names = code_lines(source), framework_names(source)
    return Observation(float(lines), {"lines": lines, "names": len(names), "named": sorted(names)})


_EMPTY = (
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENCODING,
    tokenize.ENDMARKER,
)


def code_lines(source: str) -> int:
    """Count lines that hold code: no blank lines, comments or docstrings."""
    held: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in _EMPTY:
            held.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            held.difference_update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return len(held)


def framework_names(source: str) -> set[str]:
    """Collect the dotted names that begin at an import from outside our own package, written out in full.

    An alias made by assignment (``layers = keras.layers``) is followed.
    """
    tree = ast.parse(source)
    roots: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for name in node.names:
                head = name.name.partition(".")[0]
                roots[name.asname or head] = name.name if name.asname else head
        elif isinstance(node, ast.ImportFrom) and node.module:
            for name in node.names:
                roots[name.asname or name.name] = f"{node.module}.{name.name}"
    roots = {alias: full for alias, full in roots.items() if full.partition(".")[0] not in ("probes", "numpy")}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            target, values = node.targets[0], node.value
            pairs = (
                zip(target.elts, values.elts, strict=False)
                if isinstance(target, ast.Tuple) and isinstance(values, ast.Tuple)
                else [(target, values)]
            )
            for alias, value in pairs:
                full = _dotted(value, roots)
                if isinstance(alias, ast.Name) and full and isinstance(value, ast.Attribute):
                    roots[alias.id] = full
    inner = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    found = {
        full
        for node in ast.walk(tree)
        if isinstance(node, (ast.Attribute, ast.Name)) and isinstance(node.ctx, ast.Load) and id(node) not in inner
        for full in [_dotted(node, roots)]
        if full
    }
    return {name for name in found if not any(other.startswith(name + ".") for other in found)}


def _dotted(node: ast.AST, roots: dict[str, str]) -> str:
    if isinstance(node, ast.Name):
        return roots.get(node.id, "")
    if isinstance(node, ast.Attribute):
        before = _dotted(node.value, roots)
        return f"{before}.{node.attr}" if before else ""
    return ""
