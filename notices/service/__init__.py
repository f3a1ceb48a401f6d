"""Service of documents on the party: channels, attempts, proofs, and the day that counts."""
