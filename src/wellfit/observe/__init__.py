"""The only room that listens to torch: seams without frames, one probe a file, an append-only log."""
