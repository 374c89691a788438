"""From a finding and the user's source to the edit of one line, where one line cures it."""
