"""Imports a workload from the text of a user's file, with no other framework than the worker's own.

The file itself is not opened here: the manager has read and checked it, and what is run is what was checked.

Two frameworks in one process disturb each other's threads and memory, and some pairs hang or crash while they are
imported. Worker side: standard library only.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import linecache
import pkgutil
import sys
import traceback
from collections.abc import Iterable, Iterator
from importlib.abc import MetaPathFinder
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from probes import backends
from probes.types import Reason, Unsupported, UserFile


class _Held(SourceFileLoader):
    """Loads a module from a text that is held, as if the file still held it; reads neither file nor byte code."""

    def __init__(self, name: str, file: UserFile) -> None:
        super().__init__(name, file.path)
        self.text = file.text

    def get_source(self, fullname: str) -> str:
        return self.text

    def get_code(self, fullname: str) -> CodeType:
        code: CodeType = compile(self.text, self.path, "exec", dont_inherit=True)
        return code


def load_file(file: UserFile, framework: str) -> ModuleType:
    """Import a workload from a file's text.

    Args:
        file: as it was read.
        framework: id of the worker's own.

    Raises:
        Unsupported: it imports another framework outside of that framework's function.
    """
    path = file.path
    loader = _Held("own_workload", file)
    spec = importlib.util.spec_from_file_location("own_workload", path, loader=loader)
    assert spec is not None
    # An entry without a time is never compared with the disk: TensorFlow compiles what it finds here.
    linecache.cache[path] = (len(file.text), None, file.text.splitlines(keepends=True), path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["own_workload"] = module
    others = _others(framework)
    try:
        with _told(path), _hidden(others):
            loader.exec_module(module)
    except ModuleNotFoundError as error:
        name = str(error.name).partition(".")[0]
        if name not in others:
            raise
        lines = [entry for entry in traceback.extract_tb(error.__traceback__) if entry.filename == path]
        raise Unsupported(
            Reason(
                "imported-at-top",
                file=Path(path).name,
                module=name,
                function=others[name],
                line=lines[-1].lineno or 0,
                text=lines[-1].line or "",
            )
        ) from None
    return module


def _others(framework: str) -> dict[str, str]:
    """Map the modules of the other frameworks to their ids; NumPy is at home in every worker."""
    ids = [found.name for found in pkgutil.iter_modules(backends.__path__) if found.name != framework]
    modules = {importlib.import_module(f"probes.backends.{name}").MODULE: name for name in ids}
    return {module: name for module, name in modules.items() if module != "numpy" and module not in sys.modules}


@contextlib.contextmanager
def _hidden(names: Iterable[str]) -> Iterator[None]:
    """Hide modules as if they were not installed: libraries that can do without them then do.

    Source: the import system's documentation, "a module cache entry of None".
    """
    held: dict[str, Any] = sys.modules
    held.update(dict.fromkeys(names))
    try:
        yield
    finally:
        for name in names:
            del held[name]


@contextlib.contextmanager
def _told(path: str) -> Iterator[None]:
    """Print each import of a file before it begins: what is printed last stands in the reason, should one never end."""
    watch = _Watch(path)
    sys.meta_path.insert(0, watch)
    try:
        yield
    finally:
        sys.meta_path.remove(watch)
    print(f"{Path(path).name} is imported", file=sys.stderr, flush=True)  # noqa: T201 - as above


class _Watch(MetaPathFinder):
    """Finds nothing, and tells what a file looks for."""

    def __init__(self, path: str) -> None:
        self.path = path

    def find_spec(self, fullname: str, path: Any, target: ModuleType | None = None) -> None:
        """Note a module that the file itself asks for, and leave the finding to whoever comes next."""
        frame: Any = sys._getframe(1)
        while frame is not None and frame.f_code.co_filename.startswith("<frozen importlib"):
            frame = frame.f_back
        if frame is not None and frame.f_code.co_filename == self.path:
            print(f"{Path(self.path).name} imports {fullname}", file=sys.stderr, flush=True)  # noqa: T201 - as above
