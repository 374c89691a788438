"""Two nodes of Ray on this machine: each runs trials, and one that is killed takes none of them with it.

Ray's servers listen on all interfaces, whatever the address of the node is: these ask for a token that is drawn here.
"""

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

pytest.importorskip("ray", reason="ray is not installed: pip install 'wellfit[ray]'")

HOST = "127.0.0.1"
QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_AUTH_MODE": "token",
    "RAY_AUTH_TOKEN": secrets.token_hex(16),
    "OMP_NUM_THREADS": "1",
}
SCRIPT = """
import time, torch
from torch import nn
torch.manual_seed(0)
x = torch.randn(96, 4); y = (x.sum(1) > 0).long()
model = nn.Linear(4, 2)
opt = torch.optim.SGD(model.parameters(), lr=1e-3)
for epoch in range(4):
    for i in range(0, 64, 16):
        opt.zero_grad(); nn.functional.cross_entropy(model(x[i:i + 16]), y[i:i + 16]).backward(); opt.step()
    with torch.no_grad():
        print(f"val_loss={nn.functional.cross_entropy(model(x[64:]), y[64:]).item():.4f}", flush=True)
    time.sleep(0.3)
"""


@dataclass(frozen=True)
class Cluster:
    address: str
    temporary: Path
    environment: Mapping[str, str]
    second: int = 0

    def start(self, *words: str) -> None:
        command = [str(Path(sys.executable).with_name("ray")), "start", *words, f"--node-ip-address={HOST}"]
        command += ["--num-cpus=1", "--object-store-memory=80000000", "--disable-usage-stats"]
        with (self.temporary / "start.txt").open("a") as said:
            subprocess.run(command, env=self.environment, stdout=said, stderr=said, timeout=150, check=True)

    def raylets(self) -> set[int]:
        """Process of each node."""
        return {pid for pid, words in named(self.temporary) if words[0].endswith("raylet/raylet")}


def named(temporary: Path) -> Iterator[tuple[int, list[str]]]:
    """Processes, other than ours, that a folder is named to."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().decode(errors="replace").split("\0")
        except OSError:
            continue
        if int(folder.name) != os.getpid() and any(str(temporary) in word for word in words):
            yield int(folder.name), words


def free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind((HOST, 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    main, client = free_ports(2)
    temporary = Path(f"/tmp/wellfit-ray-{os.getpid()}")  # noqa: S108 - sockets have names of a hundred characters at most
    temporary.mkdir()
    environment = {**os.environ, **QUIET}
    one = Cluster(f"{HOST}:{main}", temporary, environment)
    try:
        one.start(
            "--head", f"--port={main}", f"--ray-client-server-port={client}", "--include-dashboard=false",
            f"--temp-dir={temporary}",
        )  # fmt: skip
        first = one.raylets()
        one.start(f"--address={one.address}")
        (second,) = one.raylets() - first
        yield replace(one, second=second)
    finally:
        _end_all(temporary)


def _end_all(temporary: Path) -> None:
    """Everything that this cluster has started names its folder."""
    for _ in range(3):
        for pid, _ in named(temporary):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.3)
    shutil.rmtree(temporary, ignore_errors=True)


def start_search(folder: Path, cluster: Cluster, *words: str) -> "subprocess.Popen[str]":
    (folder / "train.py").write_text(SCRIPT)
    command = [sys.executable, "-m", "wellfit", "tune", "train.py", "--lr", "log:1e-4..1", "--seeds", "0"]
    command += ["--ray", cluster.address, "--name", "here", "-o", "found.json", *words]
    return subprocess.Popen(
        command, cwd=folder, env=cluster.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def ended_trials(journal: Path) -> int:
    return journal.read_text().count('"end":"done"') if journal.is_file() else 0


def test_a_node_that_is_killed_takes_no_trial_with_it(cluster, tmp_path):
    journal = tmp_path / ".wellfit" / "studies" / "here" / "journal.log"
    with start_search(tmp_path, cluster, "--trials", "10") as search:
        deadline = time.monotonic() + 120
        while ended_trials(journal) < 4 and time.monotonic() < deadline:
            time.sleep(0.1)
        assert search.poll() is None, search.communicate()[1]
        assert len(cluster.raylets()) == 2
        os.kill(cluster.second, signal.SIGKILL)
        known = ended_trials(journal)
        _, errors = search.communicate(timeout=240)
    assert search.returncode == 0, errors
    trials = json.loads((tmp_path / "found.json").read_text())["trials"]
    assert known >= 4
    assert [trial["slot"] for trial in trials] == list(range(10))
    assert {trial["end"] for trial in trials} == {"done"}
    assert len({trial["worker"] for trial in trials}) >= 3  # the starter's own run, and both nodes
    records = [json.loads(path.read_text()) for path in tmp_path.glob(".wellfit/runs/*/*/record.json")]
    assert {trial["run"] for trial in trials} <= {r["id"] for r in records if r["status"] == "done"}


def test_no_cluster_is_a_mistake_before_anything_runs(tmp_path):
    (tmp_path / "train.py").write_text(SCRIPT)
    (port,) = free_ports(1)
    command = [sys.executable, "-m", "wellfit", "tune", "train.py", "--lr", "log:1e-4..1", "--ray", f"{HOST}:{port}"]
    environment = {**os.environ, **QUIET}
    ended = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert ended.returncode == 2, ended.stderr
    assert "no Ray cluster was found" in ended.stderr
    assert not (tmp_path / ".wellfit").exists()
