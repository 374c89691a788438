"""Targets that are never quite certain."""
