"""Station gate: whether a lane's measurements may open cases, from its own statistics."""
