"""`wellfit.tune` where two processes train one model: they try the same settings, and end at the same reports."""

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch.distributed

from wellfit.tune.in_code.ranks import Ranks, find_ranks

PROGRAM = Path(__file__).parent / "ranked.py"
LONGEST_S = 120

pytestmark = pytest.mark.skipif(
    not (torch.distributed.is_available() and torch.distributed.is_gloo_available()), reason="this torch has no gloo"
)


def test_one_process_is_alone() -> None:
    ranks = find_ranks()
    assert (ranks.rank, ranks.size) == (0, 1)
    assert ranks.decide("key", lambda: 3) == 3
    assert ranks.gather("key", "said") == ["said"]


def test_what_others_never_say_is_not_waited_for_for_ever() -> None:
    store = torch.distributed.HashStore()
    assert Ranks(0, 2, store).gather("end", 0, patience_s=0.05) is None
    assert Ranks(1, 2, store).gather("end", 1, patience_s=0.05) == [0, 1]


def free_port() -> int:
    with socket.socket() as own:
        own.bind(("127.0.0.1", 0))
        return int(own.getsockname()[1])


def run_ranks(function: str, folder: Path) -> list[dict]:
    port = str(free_port())
    words = [[sys.executable, str(PROGRAM), str(rank), port, function, str(folder)] for rank in range(2)]
    ranks = [subprocess.Popen(w, stderr=subprocess.PIPE, text=True) for w in words]
    try:
        said = [rank.communicate(timeout=LONGEST_S)[1] for rank in ranks]
    finally:
        for rank in ranks:
            rank.kill()
    files = [folder / f"{rank}.json" for rank in range(2)]
    assert all(file.is_file() for file in files), said
    return [json.loads(file.read_text()) for file in files]


@pytest.mark.parametrize("function", ["descend", "descend_in_own_group"])
def test_all_ranks_try_and_end_alike(function, tmp_path) -> None:
    first, second = run_ranks(function, tmp_path)
    assert first == second
    assert len(first["ends"]) == 12
    assert {"done", "pruned"} == set(first["ends"])
    assert abs(first["best"]["x"]) < 1


def test_ranks_that_report_unlike_are_told(tmp_path) -> None:
    first, second = run_ranks("report_on_the_first", tmp_path)
    assert first == second
    assert "rank 0 1 times, rank 1 0 times" in first["refused"]


def test_a_failure_of_any_rank_fails_the_trial(tmp_path) -> None:
    first, second = run_ranks("fail_on_the_second", tmp_path)
    assert first == second
    assert {r for r in first["reasons"] if r} == {"rank 1: ValueError: no b here"}
    assert first["best"]["kind"] == "a"
