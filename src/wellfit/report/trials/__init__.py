"""The trials of a search as the geometry of drawings: one file per drawing."""
