"""One page a file; no page imports another. ``page()`` draws it."""
