"""Pairs of samples mixed into one."""
