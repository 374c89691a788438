"""Environment variables between a launched process and those that watch it, for both sides."""

NURSERY_VARIABLE = "WELLFIT_NURSERY"
"""The two file descriptors of a process that forks trial runs; see `script.nursery`."""

PARSERS_VARIABLE = "WELLFIT_PARSERS"
"""`hear`: hear parsers of command lines from the first line on. Else a file that the script's options are written to,
and the process ends where it has parsed them."""

HEAR = "hear"
