"""A batch size: what fits into memory, what is worth it, and what moves with it."""
