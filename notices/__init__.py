"""Documents and the exchange with the partner province."""
