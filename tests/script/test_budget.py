"""The step budget ends a program cleanly, whatever it catches."""

import sys

PY = sys.executable


def test_first_stop_runs_what_the_program_wants_done_at_its_end(twice):
    twice.write(
        "run.py",
        "import atexit\nfrom wellfit.script.budget import stop\natexit.register(print, 'at exit')\n"
        "try:\n    stop(False)\nexcept Exception:\n    print('never')\nfinally:\n    print('finally')\n",
    )
    assert twice.plainly(PY, "run.py").seen == (b"finally\nat exit\n", b"", 0)


def test_second_stop_leaves_a_program_that_catches_everything(twice):
    twice.write(
        "run.py",
        "import sys\nfrom wellfit.script.budget import stop\nagain = False\nwhile True:\n"
        "    print('step', again)\n    print('told', file=sys.stderr)\n"
        "    try:\n        stop(again)\n    except BaseException:\n        again = True\n",
    )
    assert twice.plainly(PY, "run.py").seen == (b"step False\nstep True\n", b"told\ntold\n", 0)


def test_second_stop_survives_closed_streams(twice):
    twice.write(
        "run.py",
        "import sys\nfrom wellfit.script.budget import stop\nsys.stdout.close()\nsys.stderr = None\nstop(True)",
    )
    assert twice.plainly(PY, "run.py").exit_code == 0
