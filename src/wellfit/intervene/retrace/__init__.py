"""Traces a short run of the user's code, and holds still what another run like it was given."""
