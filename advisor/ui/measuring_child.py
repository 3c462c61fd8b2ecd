"""``python -m probes`` for as long as the app lives: nobody measures on for a page that is gone.

The app holds the other end of this process's standard input and never writes; when that ends, however the app ended,
so does this. The system gives the end of a killed process's pipes to whoever reads them, on every platform.
"""

from __future__ import annotations

import os
import signal
import threading
import time

GRACE = 1.5
"""Seconds for the end in order, which takes the workers and the scratch folder along; then it is ended anyhow."""


def main() -> None:
    """Run the instrument's command line."""
    threading.Thread(target=_end_with_the_app, daemon=True).start()
    from probes.__main__ import run_as_program

    run_as_program()


def _end_with_the_app() -> None:
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE)
    os._exit(1)


if __name__ == "__main__":
    main()
