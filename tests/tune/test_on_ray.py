"""Two nodes of Ray on this machine: each runs trials, and whatever is killed takes none of them with it.

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
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

pytest.importorskip("ray", reason="ray is not installed, which has wheels for Python 3.10 to 3.14")
if not Path("/proc").is_dir():
    pytest.skip("the processes of a cluster are found, and ended, by /proc, which is not here", allow_module_level=True)

HOST = "127.0.0.1"
QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_AUTH_MODE": "token",
    "RAY_AUTH_TOKEN": secrets.token_hex(16),
    "RAY_gcs_rpc_server_reconnect_timeout_s": "4",  # a head that is gone is waited for so long, a minute else
    "OMP_NUM_THREADS": "1",
}
BEGIN = 4
"""Code of the entry in a journal of the engine that begins a trial."""

SCRIPT = """
import os, time, torch
from torch import nn
torch.manual_seed(0)
x = torch.randn(96, 4); y = (x.sum(1) > 0).long()
model = nn.Linear(4, 2)
opt = torch.optim.SGD(model.parameters(), lr=1e-3)
for epoch in range(3):
    for i in range(0, 64, 16):
        opt.zero_grad(); nn.functional.cross_entropy(model(x[i:i + 16]), y[i:i + 16]).backward(); opt.step()
    with torch.no_grad():
        print(f"val_loss={nn.functional.cross_entropy(model(x[64:]), y[64:]).item():.4f}", flush=True)
    time.sleep(0.3)
    while os.path.exists("HOLD"):
        time.sleep(0.05)
"""


@dataclass(frozen=True)
class Cluster:
    address: str
    temporary: Path
    environment: Mapping[str, str]
    head: int = 0
    second: int = 0

    def start(self, *words: str) -> None:
        command = [str(Path(sys.executable).with_name("ray")), "start", *words, f"--node-ip-address={HOST}"]
        command += ["--num-cpus=1", "--object-store-memory=80000000", "--disable-usage-stats"]
        output = self.temporary / "start.txt"  # a pipe would be kept open by what it leaves running
        with output.open("a") as said:
            ended = subprocess.run(command, env=self.environment, stdout=said, stderr=said, timeout=150, check=False)
        assert ended.returncode == 0, output.read_text()

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


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    main, client = free_ports(2)
    temporary = Path(f"/tmp/wellfit-ray-{os.getpid()}")  # noqa: S108 - sockets have names of a hundred characters at most
    temporary.mkdir()
    environment = {**os.environ, **QUIET}
    one = Cluster(f"{HOST}:{main}", temporary, environment)
    try:
        one.start(
            "--head", f"--port={main}", f"--ray-client-server-port={client}", "--include-dashboard=false",
            f"--temp-dir={temporary}", "--no-monitor",
        )  # fmt: skip
        first = one.raylets()
        one.start(f"--address={one.address}")
        (second,) = one.raylets() - first
        (head,) = (pid for pid, words in named(temporary) if words[0].endswith("gcs/gcs_server"))
        yield replace(one, head=head, second=second)
    finally:
        _end_all(temporary)


def _end_all(temporary: Path) -> None:
    """Everything that this cluster has started names its folder, and may write there until it is gone."""
    deadline = time.monotonic() + 20
    while (pids := [pid for pid, _ in named(temporary)]) and time.monotonic() < deadline:
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.1)
    shutil.rmtree(temporary, ignore_errors=True)


@dataclass
class Search:
    """One search that is ended, gone on with, and ended again."""

    folder: Path
    cluster: Cluster

    @property
    def hold(self) -> Path:
        """Where this file is, no trial goes on."""
        return self.folder.with_suffix(".hold")

    def start(self, *words: str) -> "subprocess.Popen[str]":
        command = [
            sys.executable,
            "-m",
            "wellfit",
            "tune",
            *words,
            "--name",
            "here",
            "--seeds",
            "0",
            "-o",
            "found.json",
        ]
        return subprocess.Popen(
            command, cwd=self.folder, env=self.cluster.environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            text=True,
        )  # fmt: skip

    def entries(self) -> list[dict]:
        journal = self.folder / ".wellfit" / "studies" / "here" / "journal.log"
        lines = journal.read_text().splitlines(keepends=True) if journal.is_file() else []
        return [json.loads(line) for line in lines if line.endswith("\n")]

    def begun(self) -> list[str]:
        """Worker of each trial that was begun."""
        return [entry["user_attrs"]["worker"] for entry in self.entries() if entry["op_code"] == BEGIN]

    def done(self) -> set[int]:
        """Numbers of the trials that have a value."""
        return {entry["trial_id"] for entry in self.entries() if "told" in entry.get("user_attr", ())}

    def running(self) -> list[str]:
        done = self.done()
        return [worker for number, worker in enumerate(self.begun()) if number not in done]


def wait_until(happened, search: "subprocess.Popen[str]", seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not happened():
        assert search.poll() is None, search.communicate()[1]
        assert time.monotonic() < deadline
        time.sleep(0.05)


@dataclass
class Story:
    """What came of a search that is interrupted, then loses a node, then its cluster, and is ended without Ray."""

    codes: dict[str, int] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    left: list[int] = field(default_factory=list)
    known: set[int] = field(default_factory=set)
    after_the_node: int = 0
    done: set[int] = field(default_factory=set)
    trials: list[dict] = field(default_factory=list)
    finished: set[str] = field(default_factory=set)

    def ends(self, name: str, search: "subprocess.Popen[str]") -> None:
        with search:
            _, self.errors[name] = search.communicate(timeout=180)
        self.codes[name] = search.returncode


@pytest.fixture
def story(cluster: Cluster, tmp_path: Path) -> Story:
    told, search = Story(), Search(tmp_path / "here", cluster)
    search.folder.mkdir()
    (search.folder / "train.py").write_text(SCRIPT.replace("HOLD", str(search.hold)))

    first = search.start("train.py", "--lr", "log:1e-4..1", "--ray", cluster.address, "--trials", "6")
    wait_until(lambda: len(search.begun()) > 1, first)
    first.send_signal(signal.SIGINT)
    told.ends("interrupt", first)
    told.left = [pid for pid, _ in named(search.folder)]

    interrupted = set(search.begun())
    search.hold.touch()
    second = search.start("--resume", "--ray", cluster.address)
    wait_until(lambda: len(set(search.running()) - interrupted) == 2, second)
    assert len(cluster.raylets()) == 2
    os.kill(cluster.second, signal.SIGKILL)
    told.known = search.done()
    search.hold.unlink()
    wait_until(lambda: len(search.done()) >= len(told.known) + 2, second)
    search.hold.touch()
    told.after_the_node = len(search.done() - told.known)
    os.kill(cluster.head, signal.SIGKILL)
    told.ends("head", second)
    told.known = search.done()

    search.hold.unlink()
    told.ends("here", search.start("--resume"))
    told.done = search.done()
    told.trials = json.loads((search.folder / "found.json").read_text())["trials"]
    records = [json.loads(path.read_text()) for path in search.folder.glob(".wellfit/runs/*/*/record.json")]
    told.finished = {record["id"] for record in records if record["status"] == "done"}
    return told


def test_an_interrupt_a_dead_node_and_a_dead_head_cost_no_trial_that_has_ended(story):
    # One test: apart, two processes that run tests might each make the cluster, and live through all of it.
    assert story.codes["interrupt"] == 130
    assert "wellfit tune --resume" in story.errors["interrupt"]
    assert not story.left

    assert story.after_the_node >= 2  # the other node's, and the one that it began then
    assert story.codes["head"] == 2
    assert "is gone (" in story.errors["head"]
    assert "wellfit tune --resume" in story.errors["head"]

    assert story.codes["here"] == 0, story.errors["here"]
    assert story.known <= story.done
    assert [trial["slot"] for trial in story.trials] == list(range(6))
    assert {trial["end"] for trial in story.trials} == {"done"}
    assert len(story.done) == 6
    assert {trial["run"] for trial in story.trials} <= story.finished


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
