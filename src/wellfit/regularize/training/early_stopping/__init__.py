"""Stops when a metric no longer gets better."""
