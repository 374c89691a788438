"""Training set-ups by model family: every value with its source, scaled to the batch, the data and the budget at hand."""
