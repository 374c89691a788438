"""Recorded runs in the stores of other trackers: one file per tracker."""
