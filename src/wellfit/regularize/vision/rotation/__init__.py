"""Turn images about their centre, and what belongs to them."""
