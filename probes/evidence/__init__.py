"""The evidence/1 document: written, read strictly, recomputed from its samples."""
