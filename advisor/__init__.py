"""Framework Advisor: which framework for this project, how sure, and what would change it."""

__version__ = "0.1.0"
