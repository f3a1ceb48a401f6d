"""Evasion: ways of driving that spoil a weighing, told from what a device states and measures."""
