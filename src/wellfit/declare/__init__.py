"""What a program says of its own hyperparameters and metrics: inert, until a search or a record asks for it."""
