"""What is true of a run, folded from its events: frozen dataclasses, one module a family."""
