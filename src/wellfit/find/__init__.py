"""Finders: what a run should be set to, measured on the run itself and without a trace of it."""
