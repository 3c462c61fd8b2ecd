"""This machine and its processes, where things are kept, and other machines emulated on it."""
