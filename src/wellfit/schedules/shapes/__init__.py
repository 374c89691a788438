"""One file per schedule, each a closed-form function of the step."""
