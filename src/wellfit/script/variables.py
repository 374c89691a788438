"""Environment variables between a launched process and those that watch it, for both sides."""

NURSERY_VARIABLE = "WELLFIT_NURSERY"
"""The two file descriptors of a process that forks trial runs; see `script.nursery`."""
