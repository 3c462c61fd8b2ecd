"""The front end: the server behind its checks, and what it draws; the pages live in advisor/ui/pages.

``framework-advisor app`` and ``streamlit run streamlit_app.py`` both import this file for ``app``, which then runs it
for every session.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import streamlit as st

if __name__ == "__main__":
    from streamlit import runtime

    from advisor.ui import layout

    if not runtime.exists():
        sys.exit("the front end needs a server; start it with: framework-advisor app")
    layout.show()
else:
    from advisor.serving import request_checks

    app = st.App(Path(__file__).resolve(), middleware=request_checks.middleware())
