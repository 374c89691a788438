"""Methods on the loop itself."""
