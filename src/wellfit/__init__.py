"""wellfit: why a PyTorch model under-performs, from one run of the unmodified training script."""

from wellfit.version import __version__

__all__ = ["__version__"]
