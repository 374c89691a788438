"""Many trainings of equal shapes at once: one model with a leading axis of trials, one backward, one optimizer."""
