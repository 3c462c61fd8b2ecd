"""The front end: navigation, language and theme; the pages live in advisor/ui/pages."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from advisor.ui import layout

layout.show()
