"""The exchange with the other agencies: signed messages, kept on both sides, sent until received."""
