"""`wellfit.tune` on a journal and on a real PostgreSQL: gone on with, and shared by processes."""

import subprocess
import sys

from databases import PASSWORD

import wellfit

SHARED = """
import sys, time
import wellfit

def train(hp, report):
    time.sleep(0.02)
    report(val_loss=abs(hp.x - 0.3))

study = wellfit.tune(train, {"x": wellfit.lin(1.0, 0, 2)}, trials=12, seeds=0, name="shared", storage=sys.argv[1])
print(len(study.trials), sorted(t.slot for t in study.trials) == list(range(12)), study.value)
"""


def test_a_study_is_gone_on_with(place) -> None:
    space = {"x": wellfit.lin(1.0, 0, 2), "kind": wellfit.choice("a", "b")}

    def train(hp, report):
        report(val_loss=hp.x)

    first = wellfit.tune(train, space, trials=4, seeds=1, name="mine", storage=place)
    again = wellfit.tune(train, space, trials=7, seeds=1, name="mine", storage=place)
    assert [t.values for t in again.trials[:4]] == [t.values for t in first.trials]
    assert len(again.trials) == 7
    assert PASSWORD not in str(again)


def test_processes_share_a_study(place) -> None:
    words = [sys.executable, "-c", SHARED, place]
    began = [subprocess.Popen(words, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = [process.communicate(timeout=120)[0].split() for process in began]
    assert said[0] == said[1]
    assert said[0][:2] == ["12", "True"]
