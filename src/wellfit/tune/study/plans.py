"""The plan of a search, as its study keeps it."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from wellfit.errors import UsageError
from wellfit.model.knob import Value
from wellfit.model.study import FORMAT, StudyPlan
from wellfit.tune.samplers.sampling import first_points

if TYPE_CHECKING:
    from optuna import Study

PLAN = "wellfit"
"""Attribute of a study with its plan; written last, so that who finds it finds all that belongs to it."""

POINTS = "wellfit points"
"""Attribute of a study with the settings of its first slots behind the script's own."""


def write_plan(study: "Study", plan: StudyPlan) -> None:
    """Have a study begin with a plan."""
    study.set_user_attr(POINTS, [dict(point) for point in first_points(plan)])
    study.set_user_attr(PLAN, plan.to_dict())


def is_begun(study: "Study") -> bool:
    """Whether a study has a plan, or anything else that somebody made."""
    return bool(study.user_attrs) or bool(study.get_trials(deepcopy=False))


def read_plan(study: "Study", name: str) -> StudyPlan:
    """The plan of a study.

    Raises:
        UsageError: it has none, or none that we understand.
    """
    values = study.user_attrs.get(PLAN)
    if not isinstance(values, dict):
        if not is_begun(study) or POINTS in study.user_attrs:
            raise UsageError(f"the study {name} was ended before it had begun: begin another one, under another name")
        raise UsageError(f"the study {name} was not made by wellfit tune: it says nothing of a script")
    if not isinstance(values.get("format", 0), int) or values.get("format", 0) > FORMAT:
        raise UsageError(f"the study {name} was made by a newer wellfit: update this one")
    try:
        return StudyPlan.from_dict(values)
    except (TypeError, KeyError, ValueError, AttributeError):
        raise UsageError(f"the plan of the study {name} cannot be understood: it was changed, or is damaged") from None


def read_points(study: "Study") -> Sequence[Mapping[str, Value]]:
    """Settings of the first slots behind the script's own."""
    return tuple(study.user_attrs.get(POINTS) or ())
