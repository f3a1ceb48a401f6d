"""Documents: typed data in, sealed PDF out."""
