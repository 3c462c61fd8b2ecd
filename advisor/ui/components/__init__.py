"""Components of pages: what is shown on more than one, or would make a page too long to read."""
