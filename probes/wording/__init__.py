"""Verdicts and framework defaults in words, in both languages. Pure."""
