"""What would change the answer, and why it is this one. Pure: no files, no clock."""
