"""Gradients held to a norm, and what the norms say."""
