"""Averages of the weights over the steps, with the buffers that belong to them."""
