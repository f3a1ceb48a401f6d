"""Mutual recognition between agencies: of one act one fine, provably; never two, never none."""
