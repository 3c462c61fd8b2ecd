"""The catalogue of probes: read and checked, and a page for every probe made of what it says of itself."""
