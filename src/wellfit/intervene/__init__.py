"""The only room that changes the user's training: one file per intervention, for trial runs alone."""
