"""Simulated registries: real HTTP servers over an invented fleet; none of it exists."""
