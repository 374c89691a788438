"""Step a learning-rate schedule in the unit that it counts."""

from wellfit.intervene.paced_schedules import PacedSchedules


class StepSchedule(PacedSchedules):
    """The scheduler that a line makes is stepped after every `every` steps of its optimizer, and at no other time."""

    name = "step_schedule"
    options = frozenset({"every"})

    def calls_at(self, count: int) -> int:
        """One after each round of steps."""
        return int(count % int(self.cure.options["every"]) == 0)
