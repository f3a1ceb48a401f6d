"""Re-identification: which vehicle an unread one may have been, by axles, load, plate characters and time."""
