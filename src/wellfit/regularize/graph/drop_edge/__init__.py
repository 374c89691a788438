"""Leave out edges."""
