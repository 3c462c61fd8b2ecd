"""The child's side: one framework, one process. Standard library, NumPy and that framework only."""
