"""Let schedules of a whole run come to their end in a shorter one."""

from wellfit.intervene.paced_schedules import PacedSchedules

ROUNDING = 1e-9
"""Of products that should be whole numbers."""


class CompressSchedule(PacedSchedules):
    """Each scheduler that the program makes is stepped `calls` times over `steps` steps of its optimizer, evenly.

    Behind them, while weights are held still, none is stepped: some raise beyond their end.
    """

    name = "compress_schedule"
    options = frozenset({"calls", "steps"})

    def calls_at(self, count: int) -> int:
        """Those that this step brings to be due."""
        return self._due(count) - self._due(count - 1)

    def _due(self, count: int) -> int:
        """Calls that are due after so many steps."""
        calls, steps = self.cure.options["calls"], self.cure.options["steps"]
        return int(min(count, steps) * calls / steps + ROUNDING)
