"""``python -m probes``, or routes, for as long as the app lives: nobody measures on for a page that is gone.

The app holds the other end of this process's standard input and never writes; when that ends, however the app ended,
so does this. The system gives the end of a killed process's pipes to whoever reads them, on every platform.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Mapping
from typing import Any

GRACE = 1.5
"""Seconds for the end in order, which takes the workers and the scratch folder along; then it is ended anyhow."""


def main() -> None:
    """Run the instrument's command line, or measure routes."""
    threading.Thread(target=_end_with_the_app, daemon=True).start()
    if sys.argv[1:2] == ["routes"]:  # the second word holds ``targets`` and ``budget`` as JSON
        _measure_routes(json.loads(sys.argv[2]))
        return
    from probes.__main__ import run_as_program

    run_as_program()


def _measure_routes(asked: Mapping[str, Any]) -> None:
    """Measure the routes of the program's small model; progress and, last, the session as ``probe run`` writes them."""
    from probes.command import JsonLines
    from probes.environments import folders
    from probes.evidence import unfinished
    from probes.evidence.documents import evidence_document
    from probes.evidence.sets import session_of
    from probes.session import routing
    from probes.system import signals
    from probes.wording.visible import visible

    source = routing.Source("workload", routing.DEFAULT)
    with JsonLines() as view, signals.deferred(), unfinished.keeping_routes() as keep:
        table = routing.measure(
            source,
            targets=asked["targets"],
            budget=asked["budget"],
            pythons=folders.interpreters(),
            progress=view.show,
            cancelled=signals.received,
            keep=keep,
        )
        sys.stdout.write(visible(json.dumps(evidence_document(session_of(table)), ensure_ascii=False, indent=1)) + "\n")
        sys.stdout.flush()


def _end_with_the_app() -> None:
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE)
    os._exit(1)


if __name__ == "__main__":
    main()
