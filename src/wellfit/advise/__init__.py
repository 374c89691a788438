"""Holds what a watched script does beside the recipe of its model's family, within its own process."""
