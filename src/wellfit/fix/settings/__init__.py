"""Writes a setting that a search found into the program: one file per hyperparameter."""
