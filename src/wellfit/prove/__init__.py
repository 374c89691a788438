"""Paired runs of the user's script with one thing changed: from a finding's cure to its measured effect."""
