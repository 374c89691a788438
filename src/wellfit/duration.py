"""Times as people type them."""

import re

_UNITS_S = {"": 1.0, "s": 1.0, "sec": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]*)", re.IGNORECASE)


def seconds_of(text: str) -> float | None:
    """Seconds, above 0; None where it is no time.

    Example:
        >>> seconds_of("90"), seconds_of("20min"), seconds_of("1.5 h"), seconds_of("soon"), seconds_of("0s")
        (90.0, 1200.0, 5400.0, None, None)
    """
    match = _DURATION.fullmatch(text.strip())
    return (float(match[1]) * _UNITS_S.get(match[2].lower(), 0.0) if match else 0.0) or None
