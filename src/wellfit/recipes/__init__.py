"""Training set-ups by model family: every value with its source, fitted to batch, data and budget."""
