"""What one run of a few training steps at one batch size showed."""

from dataclasses import dataclass

OUT_OF_MEMORY = "out of memory"
"""`Probe.failed` of a run that memory ended, whether it raised or was killed."""


@dataclass(frozen=True, slots=True)
class Probe:
    """One batch size, run.

    Args:
        size: examples in a batch, >= 1.
        peak_bytes: most memory in use at once; 0 where the run ended before it was known.
        failed: None where it ran, `OUT_OF_MEMORY`, or why it ended otherwise.
        seconds: of one optimizer step; None where it is unknown.
    """

    size: int
    peak_bytes: int
    failed: str | None = None
    seconds: float | None = None
