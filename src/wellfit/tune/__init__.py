"""Searches over regularizers, learning rate and options of an unmodified script: together, on one machine or many."""
