"""Addresses of databases, and how they are written without their passwords."""

import shlex
from urllib.parse import unquote, unquote_plus

HIDDEN = "***"


def is_address(place: str) -> bool:
    """Whether a study's place is a database, and not a folder."""
    return "://" in place


def with_driver(address: str) -> str:
    """With the driver that is asked for in our extra, where none is named."""
    scheme, separator, rest = address.partition("://")
    return f"postgresql+psycopg{separator}{rest}" if scheme in ("postgresql", "postgres") else address


def without_password(text: str, place: str) -> str:
    """A text that may quote the address of a database, without its password.

    Args:
        text: any.
        place: the address; a folder leaves the text as it is.
    """
    for secret in sorted(_secrets(place), key=len, reverse=True):
        text = text.replace(f":{secret}@", f":{HIDDEN}@").replace(f"={secret}", f"={HIDDEN}")
        text = text if len(secret) < _SHORT else text.replace(secret, HIDDEN)
    return text


def worker_command(place: str, name: str) -> str:
    """The command that starts a worker.

    Args:
        place: absolute folder of a study, or the address of a database.
        name: of the study.
    """
    if not is_address(place):
        return f"wellfit worker {shlex.quote(place)}"
    if without_password(place, place) != place:
        return f"wellfit worker --name {shlex.quote(name)}, with the address of the database in WELLFIT_STUDY"
    return f"wellfit worker {shlex.quote(place)} --name {shlex.quote(name)}"


_SHORT = 4
"""Characters of a secret below which a word of a sentence may be the same."""


def _secrets(place: str) -> set[str]:
    """The password as it stands, and as it is meant, wherever an address may hold one."""
    if not is_address(place):
        return set()
    parts = place.partition("://")[2].partition("?")
    user = parts[0].rpartition("@")[0]
    found = {user.partition(":")[2]}
    pairs = (pair.partition("=") for pair in parts[2].split("&"))
    found |= {value for name, _, value in pairs if name in ("password", "passwd", "sslpassword")}
    return {form for secret in found if secret for form in (secret, unquote(secret), unquote_plus(secret))}
