"""Measures on every kind of machine of a Ray cluster: one session a kind, on a node of its own."""
