"""One recipe per file, as data."""
