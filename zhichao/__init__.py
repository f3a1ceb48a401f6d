"""The front door: settings, command line, demo."""
