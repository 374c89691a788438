"""Add Gaussian noise."""
