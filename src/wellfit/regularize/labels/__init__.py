"""Methods on targets, and on inputs and targets together."""
