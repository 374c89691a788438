"""Methods on a model's weights and what runs through them."""
