"""What a newer version has put into a record, beside what this one knows of it."""

from typing import Any

from wellfit.runs.secrets import mask_option, mask_words


def with_unknown(known: Any, found: Any) -> Any:
    """The record as it is known, with the fields of the file that are not; without their secrets.

    Args:
        known: of a record, as JSON holds it.
        found: what the file holds in its place.
    """
    if isinstance(known, dict) and isinstance(found, dict):
        beside = {name: _masked(name, value) for name, value in found.items() if name not in known}
        return {name: with_unknown(value, found.get(name)) for name, value in known.items()} | beside
    if isinstance(known, list) and isinstance(found, list) and len(known) == len(found):
        return [with_unknown(one, other) for one, other in zip(known, found, strict=True)]
    return known


def _masked(name: str, value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _masked(key, inner) for key, inner in value.items()}
    if isinstance(value, list):
        words = [mask_option(name, word) for word in value if isinstance(word, str)]
        return list(mask_words(words)) if len(words) == len(value) else [_masked(name, inner) for inner in value]
    return mask_option(name, value)
