"""Searches over a Python function or a `FusedTask`, in the process that calls."""
