"""One rate for all dropout of a model."""
