"""The schedule: what runs when by itself, in exactly one process."""
