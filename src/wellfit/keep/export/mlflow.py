"""Runs in MLflow: a database that `mlflow ui` opens, with their artifacts beside it."""

import logging
import os
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from wellfit.errors import ExportError
from wellfit.keep.export.told import PREFIX, Told
from wellfit.model.record import Status

if TYPE_CHECKING:
    from mlflow.entities import Experiment, RunInfo

NEEDED = ("mlflow", "sqlalchemy", "alembic")
"""Modules: the client, and what it writes its database with."""

DATABASE, ARTIFACTS = "mlflow.db", "artifacts"
ID = f"{PREFIX}run"
"""Tag by which a run is found again: MLflow draws ids of its own."""

UNFINISHED = "RUNNING"
"""Status in MLflow of a run whose export was interrupted: no other is ever left so."""

STATUSES: Mapping[Status, str] = {"done": "FINISHED", "failed": "FAILED", "killed": "KILLED", "pruned": "KILLED"}

_METRICS, _PARAMS = 1000, 100
"""That MLflow takes in one batch."""

_LONGEST_NAME, _LONGEST_PARAM, _LONGEST_TAG = 250, 6000, 5000
"""Characters that MLflow takes."""

_NOT_IN_NAMES = re.compile(r"[^\w\-. :/]")
Item = TypeVar("Item")


class MlflowStore:
    """A database of MLflow, which is made where there is none.

    Args:
        folder: absolute; it must exist.
        project: name of the experiment.

    Raises:
        ExportError: the database cannot be used.
    """

    def __init__(self, folder: Path, project: str) -> None:
        self._uri = f"sqlite:///{folder / DATABASE}"
        self._artifacts = (folder / ARTIFACTS).as_uri()
        if set("?#%") & set(self._uri):
            raise ExportError(f"MLflow cannot open {folder / DATABASE}: its path must be without ?, # and %")
        _keep_to_itself(self._uri)
        with _refusals("the database"):
            from mlflow import MlflowClient

            self._client = MlflowClient(tracking_uri=self._uri, registry_uri=self._uri)
            self._experiment = self._experiment_of(project)
            self._known = dict(self._runs())

    @property
    def opened_by(self) -> str:
        """The command that shows what was written."""
        return f"mlflow ui --backend-store-uri {shlex.quote(self._uri)}"

    def has(self, run: str) -> bool:
        """Whether the run of this id is there in whole, be it one that was deleted there: it stays so."""
        return run in self._known and self._known[run].status != UNFINISHED

    def write(self, told: Told) -> None:
        """Write a run, or complete one whose export was interrupted: MLflow keeps no value twice.

        Raises:
            ExportError: MLflow did not take it.
        """
        with _refusals(told.id):
            run = self._known[told.id].run_id if told.id in self._known else self._begin(told)
            self._log(run, told)
            status = STATUSES.get(told.status, "FAILED")
            self._client.set_terminated(run, status, end_time=_ms(told.ended_s))

    def _experiment_of(self, project: str) -> str:
        known: Experiment | None = self._client.get_experiment_by_name(project)
        if known is None:
            return str(self._client.create_experiment(project, artifact_location=self._artifacts))
        if known.lifecycle_stage != "active":
            raise ValueError(f"its experiment {project} was deleted: `mlflow experiments restore` brings it back")
        return str(known.experiment_id)

    def _runs(self) -> Iterator[tuple[str, "RunInfo"]]:
        """What is known in MLflow of each run that came from here, by its id here."""
        from mlflow.entities import ViewType

        token = None
        while True:
            page = self._client.search_runs([self._experiment], run_view_type=ViewType.ALL, page_token=token)
            yield from ((run.data.tags[ID], run.info) for run in page if ID in run.data.tags)
            token = page.token
            if not token:
                return

    def _begin(self, told: Told) -> str:
        facts = {name: text[:_LONGEST_TAG] for name, text in told.facts.items()}
        own = {"mlflow.source.type": "LOCAL", "mlflow.source.name": told.script}
        if commit := told.facts.get(f"{PREFIX}commit"):
            own["mlflow.source.git.commit"] = commit
        tags = {ID: told.id, **facts, **own}
        begun = self._client.create_run(self._experiment, _ms(told.began_s), tags, told.id)
        return str(begun.info.run_id)

    def _log(self, run: str, told: Told) -> None:
        from mlflow.entities import Metric, Param

        params = (Param(name, str(value)[:_LONGEST_PARAM]) for name, value in _named(told.options).items())
        for batch in _batches(params, _PARAMS):
            self._client.log_batch(run, params=batch)
        curves = _named(told.curves)
        metrics = (
            Metric(name, point.value, _ms(told.began_s + point.elapsed_s), point.step)
            for name, points in curves.items()
            for point in points
        )
        for batch in _batches(metrics, _METRICS):
            self._client.log_batch(run, metrics=batch)
        bests = _named({f"best/{name}": best for name, best in told.bests.items()})
        self._client.log_batch(run, [Metric(n, value, _ms(told.ended_s), step) for n, (value, step) in bests.items()])
        for name, text in told.files.items():
            self._client.log_text(run, text, name)


def _keep_to_itself(uri: str) -> None:
    """Nothing is sent or written elsewhere, and nothing is said that the user did not ask for.

    Args:
        uri: of the database, which MLflow 3.0 asks for beside the client's, too.
    """
    os.environ["MLFLOW_TRACKING_URI"] = uri
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    os.environ["MLFLOW_LOGGING_LEVEL"] = "WARNING"
    logging.getLogger("alembic").setLevel(logging.WARNING)


@contextmanager
def _refusals(what: str) -> Iterator[None]:
    """MLflow's own words, its first line, for what it does not take."""
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    try:
        yield
    except (OSError, ValueError, TypeError, OverflowError, MlflowException, SQLAlchemyError) as error:
        raise ExportError(f"MLflow did not take {what}: {(str(error) or repr(error)).splitlines()[0]}") from error


def _ms(seconds: float) -> int:
    return round(seconds * 1000)


def _named(values: Mapping[str, Item]) -> dict[str, Item]:
    """The values under names that MLflow takes, no two under the same one."""
    named: dict[str, Item] = {}
    for name, value in values.items():
        plain = _name(name)
        taken = plain if plain not in named else next(n for n in _numbered(plain) if n not in named)
        named[taken] = value
    return named


def _numbered(name: str) -> Iterator[str]:
    number = 2
    while True:
        yield f"{name}_{number}"
        number += 1


def _name(name: str) -> str:
    """MLflow makes a path of it, which must not lead out."""
    parts = _NOT_IN_NAMES.sub("_", name)[: _LONGEST_NAME - 10].split("/")
    return "/".join(part for part in parts if part not in {"", ".", ".."}) or "_"


def _batches(items: Iterator[Item], size: int) -> Iterator[Sequence[Any]]:
    while batch := list(islice(items, size)):
        yield batch
