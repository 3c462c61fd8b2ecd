"""A decision as a document: made, sealed, kept, verified, checked again, compared. Files only in ``store``."""
