"""Zero columns of features."""
