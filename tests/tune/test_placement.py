"""Cores and GPUs shared out among workers; the listing of GPUs is that of a program named nvidia-smi."""

import os
import stat

import pytest

from wellfit.errors import UsageError
from wellfit.tune.places.placement import cores, gpus, share_out, usual_workers

TWO = """GPU 0: NVIDIA A100-SXM4-40GB (UUID: GPU-aaaa0000-1111-2222-3333-444444444444)
GPU 1: NVIDIA A100-SXM4-40GB (UUID: GPU-bbbb0000-1111-2222-3333-444444444444)
"""
SLICED = """GPU 0: NVIDIA A100-SXM4-40GB (UUID: GPU-aaaa0000-1111-2222-3333-444444444444)
  MIG 3g.20gb     Device  0: (UUID: MIG-0d5c1a52-0000-5fb7-b9c4-000000000001)
  MIG 3g.20gb     Device  1: (UUID: MIG-0d5c1a52-0000-5fb7-b9c4-000000000002)
GPU 1: NVIDIA A100-SXM4-40GB (UUID: GPU-bbbb0000-1111-2222-3333-444444444444)
"""
A, B = (line.partition("UUID: ")[2].rstrip(")") for line in TWO.splitlines())


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """Makes a machine with the GPUs of a listing."""
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")

    def make(listing, exit_code=0):
        (tmp_path / "listing").write_text(listing)
        program = tmp_path / "nvidia-smi"
        program.write_text(f'#!/bin/sh\n[ "$1" = -L ] && cat "{tmp_path}/listing"\nexit {exit_code}\n')
        program.chmod(program.stat().st_mode | stat.S_IXUSR)

    return make


def seen_by(shares):
    return [share.get("CUDA_VISIBLE_DEVICES") for share in shares]


def test_four_workers_share_two_gpus(machine):
    machine(TWO)
    assert seen_by(share_out(4)) == [A, B, A, B]


def test_each_gpu_has_one_worker_by_default(machine):
    machine(TWO)
    assert usual_workers() == 2
    assert usual_workers(0.5) == 4
    assert usual_workers(0.3) == 6
    assert usual_workers(2) == 1


def test_a_trial_of_half_a_gpu_fills_one_before_the_next(machine):
    machine(TWO)
    assert seen_by(share_out(2, 0.5)) == [A, A]
    assert sorted(seen_by(share_out(4, 0.5))) == [A, A, B, B]


def test_a_trial_of_two_gpus_sees_both(machine):
    machine(TWO)
    assert seen_by(share_out(1, 2)) == [f"{A},{B}"]


def test_more_gpus_than_there_are_is_a_mistake(machine):
    machine(TWO)
    with pytest.raises(UsageError, match="2 workers with 2 GPUs for each trial need 4, and there are 2 here"):
        share_out(2, 2)
    with pytest.raises(UsageError, match="need 3, and there are 2"):
        share_out(5, 0.5)


def test_instances_of_a_gpu_that_is_cut_stand_for_it(machine):
    machine(SLICED)
    assert gpus() == ("MIG-0d5c1a52-0000-5fb7-b9c4-000000000001", "MIG-0d5c1a52-0000-5fb7-b9c4-000000000002", B)


@pytest.mark.parametrize(
    ("visible", "found"),
    [("", ()), ("-1", ()), ("1,0", ("1", "0")), ("0,-1,1", ("0",)), (f"{B}, MIG-1", (B, "MIG-1"))],
)
def test_what_the_user_made_visible_is_all_there_is(machine, monkeypatch, visible, found):
    machine(TWO)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert gpus() == found


def test_a_driver_that_does_not_answer_means_no_gpu(machine):
    machine("Failed to initialize NVML: Driver/library version mismatch\n", exit_code=18)
    assert gpus() == ()


def test_without_gpus_cores_are_shared_and_nothing_is_hidden(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    assert usual_workers() == cores()
    for share in share_out(2 * cores()):
        assert share == dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")


def test_threads_that_the_user_has_set_stay(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    assert all("OMP_NUM_THREADS" not in share for share in share_out(2))
