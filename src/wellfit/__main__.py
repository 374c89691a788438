"""`wellfit` and `python -m wellfit`."""

from wellfit.cli.main import main

__all__ = ["main"]

if __name__ == "__main__":
    main()
