"""The batch sizes of an unmodified script, from trial runs of it."""
