"""Finders on an unmodified script, which runs again and again in child processes."""
