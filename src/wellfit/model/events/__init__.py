"""What happened in the watched process, one frozen dataclass an event, one module a family.

Events hold numbers, shapes, dtypes, counts, hashes and places; never a tensor, never the user's data.
"""
