"""Regularizers for batches of images: one folder per method, and `augment`, all of them in one pass."""
