"""Where a search looks next."""
