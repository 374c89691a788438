"""Keeps what ran: code, options, environment and metrics of each run as plain files, and finds them again."""
