"""The knowledge base as files: read, checked in shape, sense and policy, and listed; and needs files."""
