"""Foreign data at every reader: ``python -m tests.fuzz`` counts what is accepted, refused and neither.

``inputs`` makes them, ``readers`` is the list of who reads, ``trial`` tries one and makes what fails small.
"""
