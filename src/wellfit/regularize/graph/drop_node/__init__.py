"""Leave out nodes."""
