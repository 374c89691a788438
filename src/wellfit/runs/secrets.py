"""Masks what looks like a secret, in whatever is stored or shown.

Two marks make a secret: its own form, where who issues it gave it one, or the name that it stands under. Length and
disorder alone are none: commits, hashes and file names have both.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from wellfit.model.option import DeclaredOption
from wellfit.model.record import Option, RunRecord

MASK = "***"
"""Stands in the place of a secret."""

_FORMS = re.compile(
    r"""(?x)
    -----BEGIN[ ]([A-Z0-9 ]*PRIVATE[ ]KEY)-----.*?(?:-----END[ ]\1-----|\Z)
    | (?<![A-Za-z0-9])(?:
        hf_[A-Za-z0-9]{20,}                              # Hugging Face
      | gh[pousr]_[A-Za-z0-9]{30,}                       # GitHub
      | github_pat_[A-Za-z0-9_]{30,}
      | glpat-[A-Za-z0-9_-]{20,}                         # GitLab
      | sk-(?:proj-|ant-|or-v1-|live-)?(?=[A-Za-z_-]*\d)[A-Za-z0-9_-]{20,}  # OpenAI, Anthropic
      | [sr]k_(?:live|test)_[A-Za-z0-9]{16,}             # Stripe
      | (?:AKIA|ASIA)[A-Z0-9]{16}                        # AWS
      | AIza[A-Za-z0-9_-]{35}                            # Google
      | xox[abeoprs]-[A-Za-z0-9-]{10,}                   # Slack
      | npm_[A-Za-z0-9]{36}
      | pypi-[A-Za-z0-9_-]{50,}
      | dckr_pat_[A-Za-z0-9_-]{20,}
      | eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}       # JSON Web Token
    )(?![A-Za-z0-9])
    """,
    re.DOTALL,
)

_URL = re.compile(r"(?P<scheme>\b[A-Za-z][A-Za-z0-9+.-]*://)(?P<user>[^\s/?#:@]*):(?P<password>[^\s/?#]*)@")
"""The password may hold an `@` itself: the last one before the path ends it."""

_URL_TOKEN = re.compile(r"(?P<scheme>\bhttps?://)(?P<user>(?=[^\s/?#:@]*\d)[A-Za-z0-9_-]{20,})@")

_BEARER = re.compile(r"(?i)\b(?P<kind>bearer|basic)\s+(?P<value>(?=[^\s\"']*[\d=])[A-Za-z0-9._~+/=-]{12,})")

_ASSIGNED = re.compile(
    r"""(?x)
    (?P<before>(?<![\w.-])(?:--?|\+\+?)?["']?(?P<name>[A-Za-z_][\w.-]*)["']?)
    (?P<sign>\s{0,2}[=:]\s{0,2})
    (?P<value>"[^"\n]*"|'[^'\n]*'|[^\s"'&;,(){}\[\]<>|]+(?![\w"'(\[.{<]))
    """
)

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")

_PLAIN = frozenset(
    {"password", "passwd", "passphrase", "passcode", "pwd", "secret", "secrets", "credential", "credentials"}
)
"""Names whose value is a secret by themselves, whatever stands before them."""

_JOINED = frozenset({"apikey", "secretkey", "accesskey", "privatekey", "authtoken", "accesstoken", "apitoken"})

_KEYS = re.compile(
    r"""(?x)
    api | access | secret | private | auth | account | master | encryption | encrypt | signing | license
    | licence | subscription | storage | service | wandb | openai | anthropic | hf | huggingface | comet
    | neptune | azure | aws | gcp | google | github | ssh | deploy
    """
)
"""What makes a `key` one that opens something, and not one of a dictionary."""

_VOCABULARY = re.compile(
    r"""(?x)
    pad | eos | bos | unk | sep | cls | mask | special | stop | start | end | begin | image | img |
    audio | video | vision | prefix | suffix | max | min | num | n | per | next | new | last | first |
    decoder | encoder | forced | class | dist | reg | register | blank | boundary | newline | separator
    | extra | added | word | sub | char | byte | text | input | output | target | label | prompt | user
    | assistant | system | bot | eot | eod | eom | latent | query | time | patch | null | empty | dummy
    | mem | memory | pos | sos | go | oov
    """
)
"""What makes a `token` one of a vocabulary, and not one that opens something."""

_TRIVIAL = re.compile(r"(?i)^(?:true|false|none|null|yes|no|on|off|auto|default|env|\*+|<.*>|\[.*\]|\$.*|)$")
"""Values that say that there is a secret and not which."""

Value = TypeVar("Value", bound=str | float | bool | None)


def mask(text: str) -> str:
    """The text with each secret in it masked."""
    text = _FORMS.sub(MASK, text)
    text = _URL.sub(rf"\g<scheme>\g<user>:{MASK}@", text)
    text = _URL_TOKEN.sub(rf"\g<scheme>{MASK}@", text)
    text = _BEARER.sub(rf"\g<kind> {MASK}", text)
    return _ASSIGNED.sub(_mask_assigned, text)


def mask_words(words: Sequence[str]) -> tuple[str, ...]:
    """A command line with its secrets masked: `--api-key X`, `--token=X`, `PASSWORD=X`, and all that `mask` sees."""
    masked: list[str] = []
    awaited = ""
    for word in words:
        if awaited and not word.startswith("--"):
            masked.append(mask_option(awaited, word))
            awaited = ""
            continue
        name, sign, value = word.partition("=")
        named = sign and is_secret_name(name)
        masked.append(f"{name}={mask_option(name, value)}" if named else mask(word))
        awaited = name if word.startswith("-") and not sign and is_secret_name(name) else ""
    return tuple(masked)


def mask_option(name: str, value: Value) -> Value | str:
    """The value of an option, masked where its name or its form says that it is a secret.

    Args:
        name: of the option, with or without dashes.
        value: a string, number, boolean or None; only strings and numbers can be secrets.
    """
    if value is None or isinstance(value, bool):
        return value
    if is_secret_name(name) and not _TRIVIAL.match(str(value)):
        return MASK
    return mask(value) if isinstance(value, str) else value


def is_secret_name(name: str) -> bool:
    """Whether what stands under this name is a secret: the name's last words decide.

    Names of the sort `pad_token` and `sort_key` are not; `max_tokens` and `tokenizer` do not even come near.
    """
    words = [word.lower() for word in _WORDS.findall(name)]
    if not words:
        return False
    last, before = words[-1], words[-2] if len(words) > 1 else ""
    if last in _PLAIN or last in _JOINED:
        return True
    if last == "key":
        return bool(_KEYS.fullmatch(before))
    return last == "token" and not _VOCABULARY.fullmatch(before)


def mask_record(record: RunRecord) -> RunRecord:
    """A record without secrets: in its words, options and notes."""
    return replace(
        record,
        words=mask_words(record.words),
        options=tuple(mask_parsed(option) for option in record.options),
        declared=tuple(mask_declared(option) for option in record.declared),
        notes=tuple(mask(note) for note in record.notes),
    )


def is_masked(record: RunRecord) -> bool:
    """Whether a word of the command has been masked, so that it cannot be given again as it stands."""
    return any(MASK in word for word in record.words)


def mask_parsed(option: Option) -> Option:
    """An option without a secret in its value or its default."""
    value, default = mask_option(option.name, option.value), mask_option(option.name, option.default)
    return replace(option, value=value, default=default)


def mask_declared(option: DeclaredOption) -> DeclaredOption:
    """What a parser takes, without a secret among its default, its choices or its help."""
    default, choices = mask_option(option.name, option.default), option.choices
    return replace(
        option,
        default=default,
        choices=tuple(mask_option(option.name, choice) for choice in choices),
        help=mask(option.help),
    )


def _mask_assigned(found: re.Match[str]) -> str:
    value = found["value"]
    if not is_secret_name(found["name"]) or not _tells(value):
        return found[0]
    quote = value[0] if value[0] in "\"'" else ""
    return f"{found['before']}{found['sign']}{quote}{MASK}{quote}"


def _tells(value: str) -> bool:
    """Whether a value within a text is a secret, and not a variable that holds one, or a note that there is none."""
    bare = value.strip("\"'")
    if _TRIVIAL.match(bare):
        return False
    if value != bare:
        return " " not in bare
    return any(digit.isdigit() for digit in bare) and "." not in bare and len(bare) >= 6  # noqa: PLR2004 - shorter is a count
