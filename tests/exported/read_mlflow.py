"""A program: the runs of an MLflow database as JSON, read by MLflow's own client."""

import json
import sys
import warnings
from pathlib import Path

warnings.simplefilter("ignore")
from mlflow import MlflowClient  # noqa: E402
from mlflow.entities import ViewType  # noqa: E402


def shown(client, run):
    history = {
        name: sorted([m.step, m.value, m.timestamp] for m in client.get_metric_history(run.info.run_id, name))
        for name in run.data.metrics
    }
    files = {file.path: Path(client.download_artifacts(run.info.run_id, file.path)).read_text()
             for file in client.list_artifacts(run.info.run_id)}  # fmt: skip
    info = {"key": run.info.run_id, "status": run.info.status, "began": run.info.start_time, "ended": run.info.end_time}
    return {**info, "name": run.info.run_name, "params": run.data.params, "tags": run.data.tags, "history": history,
            "files": files}  # fmt: skip


client = MlflowClient(tracking_uri=sys.argv[1], registry_uri=sys.argv[1])
experiments = [experiment for experiment in client.search_experiments() if experiment.name != "Default"]
runs = client.search_runs([e.experiment_id for e in experiments], run_view_type=ViewType.ACTIVE_ONLY)
if len(sys.argv) > 2:  # change the status of the run of that name
    (run,) = (run for run in runs if run.info.run_name == sys.argv[3])
    if sys.argv[2] == "delete":
        client.delete_run(run.info.run_id)
    else:
        client.update_run(run.info.run_id, status=sys.argv[2])
print(json.dumps({"experiments": [e.name for e in experiments], "runs": [shown(client, run) for run in runs]}))
