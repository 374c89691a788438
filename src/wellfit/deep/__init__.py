"""Experiments on the user's script beyond watching it: what `wellfit check --deep` runs."""
