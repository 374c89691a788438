"""A judged run as text, JSON or one HTML page; one file per format, and no format knows another."""
