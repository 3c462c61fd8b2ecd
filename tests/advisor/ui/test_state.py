"""What the session remembers has one writer."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from advisor import ui

FOLDER = Path(ui.__file__).parent
WRITER = FOLDER / "state.py"
CHANGING = frozenset({"add", "append", "clear", "discard", "extend", "insert", "pop", "remove", "setdefault", "update"})
"""Methods that change what they are called on."""


def is_session(node: ast.AST) -> bool:
    """Tell whether an expression is the session, or something in it."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        if isinstance(node, ast.Attribute) and node.attr == "session_state":
            return True
        node = node.value
    return isinstance(node, ast.Name) and node.id == "session_state"


def writes(tree: ast.AST) -> Iterator[int]:
    """Yield the lines that assign to the session, delete from it, or call what changes it."""
    for node in ast.walk(tree):
        stored = isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Store | ast.Del)
        changing = isinstance(node, ast.Attribute) and node.attr in CHANGING
        if (stored and is_session(node)) or (changing and is_session(node.value)):
            yield node.lineno
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("setattr", "delattr"):
            yield from (node.lineno for argument in node.args[:1] if is_session(argument))


def test_the_state_module_alone_writes_to_the_session() -> None:
    found = [
        f"{path.relative_to(FOLDER)}:{line}"
        for path in sorted(FOLDER.rglob("*.py"))
        if path != WRITER
        for line in writes(ast.parse(path.read_text(encoding="utf-8")))
    ]

    assert found == []
    assert list(writes(ast.parse(WRITER.read_text(encoding="utf-8"))))


@pytest.mark.parametrize(
    "line",
    [
        "st.session_state.needs = new",
        "st.session_state['needs'], other = new, 1",
        "st.session_state.count += 1",
        "del st.session_state.needs",
        "st.session_state.pop('go', None)",
        "st.session_state.update(needs=new)",
        "st.button('x', on_click=st.session_state.skipped.add)",
        "setattr(st.session_state, 'needs', new)",
        "session_state['needs'] = new",
    ],
)
def test_every_way_of_writing_is_seen(line: str) -> None:
    assert list(writes(ast.parse(line))) == [1]


@pytest.mark.parametrize("line", ["x = st.session_state.needs", "st.session_state.get('needs')", "x.session = 1"])
def test_reading_is_no_writing(line: str) -> None:
    assert not list(writes(ast.parse(line)))
