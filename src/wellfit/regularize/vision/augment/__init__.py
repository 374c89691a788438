"""All of them in one pass over a batch."""
