"""A hyperparameter that a search moves, and the values that it may have."""

from dataclasses import dataclass

Value = float | int | str


@dataclass(frozen=True, slots=True)
class Knob:
    """One hyperparameter that a search moves.

    Args:
        name: as the user typed it, without dashes in front: `lr`, `weight-decay`, `optimizer.lr`.
        word: what stands before its value on the script's command line: `--lr`, or `optimizer.lr=` in one word with
            it; empty where wellfit sets it in the running script, or hands it to `wellfit.params`.
        low: lowest value; None for choices.
        high: highest value, above the lowest; None for choices.
        log: values are drawn evenly in their logarithm.
        integer: whole numbers alone.
        choices: the values, where there is no range.
        declared: the script asks for it by `wellfit.params`.
    """

    name: str
    word: str = ""
    low: float | None = None
    high: float | None = None
    log: bool = False
    integer: bool = False
    choices: tuple[Value, ...] = ()
    declared: bool = False

    @property
    def is_own(self) -> bool:
        """Whether it is an option of the script's own."""
        return bool(self.word)

    @property
    def is_ours(self) -> bool:
        """Whether wellfit sets it in the running script."""
        return not self.word and not self.declared

    @property
    def key(self) -> str:
        """Its name as records write it: with underscores."""
        return self.name.replace("-", "_")

    def holds(self, value: Value) -> bool:
        """Whether a value lies within the range, or is one of the choices."""
        if self.choices:
            return value in self.choices
        if self.low is None or self.high is None or isinstance(value, str):
            return False
        return self.low <= value <= self.high
