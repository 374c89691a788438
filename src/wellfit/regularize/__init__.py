"""Regularizers: one folder per method, each with its card."""
