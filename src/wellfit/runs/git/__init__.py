"""Captures the state of a working tree beside its commit, and makes it again elsewhere."""
