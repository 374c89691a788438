"""Launches the user's program as an armed child process and says how it ended."""
