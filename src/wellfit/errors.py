"""Everything that wellfit raises on purpose.

WellfitError
├── UsageError      what was asked cannot be done: a bad script, rule name, setting or file name
├── LogError        an event log that cannot be read at all
├── ProofError      no trial run can be made: the folder cannot be copied, the process that runs them ended
├── FinderError     no learning rate or batch size can be looked for in this script; nothing was changed
├── RecordError     a run's record cannot be read; its text is the reason
├── ExportError     another tracker did not take a run, or cannot use the folder; its text is the reason
├── GitError        git did not answer, or a working tree cannot be made again; its text is the reason
└── ProcedureError  a procedure of --deep cannot look; its text becomes the reason of what stays unseen
"""

from collections.abc import Sequence


class WellfitError(Exception):
    """Root of the tree; its text is made to be shown to the user as it stands."""


class UsageError(WellfitError):
    """What was asked cannot be done; all mistakes of one call at once, one sentence each.

    Args:
        mistakes: the sentences, without a full stop.
    """

    def __init__(self, *mistakes: str) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = mistakes


class LogError(WellfitError):
    """An event log that cannot be read at all."""


class ProofError(WellfitError):
    """No trial run can be made: the folder cannot be copied, or the process that runs them has ended."""


class FinderError(WellfitError):
    """No learning rate or batch size can be looked for in this script; nothing was changed.

    Args:
        reason: the sentence, without a full stop.
        script_failed: whether the script itself failed.
    """

    def __init__(self, reason: str, *, script_failed: bool = False) -> None:
        super().__init__(reason)
        self.script_failed = script_failed


class RecordError(WellfitError):
    """A run's record cannot be read; its text is the reason."""


class ExportError(WellfitError):
    """Another tracker did not take a run, or cannot use the folder; its text is the reason."""


class GitError(WellfitError):
    """Git did not answer, or a working tree cannot be made again; its text is the reason."""


class ProcedureError(WellfitError):
    """A procedure of `wellfit check --deep` cannot look; its text is the reason of what stays unseen."""


def raise_all(mistakes: Sequence[str]) -> None:
    """Raise one `UsageError` for all mistakes, if there are any.

    Raises:
        UsageError: mistakes is not empty.
    """
    if mistakes:
        raise UsageError(*mistakes)
