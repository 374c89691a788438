"""Weight decay: which parameters take it, how fast it acts, and learning rates by depth."""
