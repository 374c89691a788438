"""Finds runs among many: an SQLite file beside the folders, which can be thrown away and made again from them."""
