"""Cut a window out of images and scale it, and what belongs to them."""
