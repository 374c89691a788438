"""Drop whole words of token ids."""
