"""Events to facts: pure folds, one file a fact, the same on any machine and without torch."""
