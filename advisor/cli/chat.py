"""``framework-advisor chat``: describe the project in your own words."""

from __future__ import annotations
