"""What trials come to: the winner on fresh seeds, what the ranges have to do with it, which knobs matter."""
