"""Residual branches that are left out, sample by sample."""
