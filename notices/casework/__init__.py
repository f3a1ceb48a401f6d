"""Where the exchange meets the case work: a claim moves its case, a case's step speaks to the partner."""
