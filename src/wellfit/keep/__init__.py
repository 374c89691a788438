"""Runs that are recorded while they run, and had again from their records."""
