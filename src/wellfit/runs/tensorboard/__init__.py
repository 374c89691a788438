"""Runs in TensorBoard: one row of HPARAMS each, beside its curves."""
