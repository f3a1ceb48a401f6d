"""Whether a process lives, whether it can do its work now, and its figures."""
