"""What is searched over in an unmodified script, and one trial of it."""
