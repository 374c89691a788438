"""Change brightness, contrast, saturation and hue by one matrix."""
