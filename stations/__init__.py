"""Stations: what a station is, its record formats, the intake and the simulated roadside."""
