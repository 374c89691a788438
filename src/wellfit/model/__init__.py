"""The shared words: frozen dataclasses on the standard library alone."""
