"""Looks an installation over: what is wrong or soon will be, and what to do about each."""
