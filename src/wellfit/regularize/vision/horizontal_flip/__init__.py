"""Mirror images left to right, and what belongs to them."""
