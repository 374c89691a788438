"""Shared settings of all tests: one torch thread, so that runs are equal and the two cores are shared.

Some tests run one program after the other through whole commands, each of which starts it again and again. Of these
corpora every so-many-th program is run by default, and of tests that are marked `corpus` none; `--corpora` runs all.
"""

import os
import signal
import threading
from collections import Counter

import pytest
from hypothesis import settings

settings.register_profile("wellfit", deadline=None)  # the clock of a busy machine is no property of the code
settings.load_profile("wellfit")
os.environ.setdefault("OMP_NUM_THREADS", "1")

if threading.current_thread() is threading.main_thread():
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in background jobs
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)  # ignored under nohup

CORPORA = {
    "test_programs_cured": 8,
    "test_edits_cure": 8,
    "test_settings_in_loops": 3,
    "test_healthy_programs": 8,
    "test_deep_rules": 12,
    "test_twins": 6,
    "test_conformance": 6,
    "test_schedulers_watched": 8,
    "test_recipe_twins": 2,
    "test_record_frameworks": 2,
    "test_injected_bug_is_named_at_the_users_own_line": 3,
    "test_healthy_program_is_equal_to_the_last_bit_and_has_no_finding": 2,
    "test_what_cannot_be_measured_is_a_sentence": 3,
    "test_ahead_frameworks": 2,
    "test_trainers_are_searched_unchanged": 2,
}
"""Modules and tests that run a corpus, and of how many of their programs one is run by default."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let `scripts/test --corpora` run every program."""
    parser.addoption("--corpora", action="store_true", help="run every program of the slow corpora, not a few of each")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave most programs of each corpus out, unless all are asked for by option or by name."""
    if config.getoption("--corpora") or config.getoption("keyword") or any("::" in arg for arg in config.args):
        return
    seen: Counter[str] = Counter()
    kept: list[pytest.Item] = []
    left: list[pytest.Item] = []
    for item in items:
        name, case, _ = item.name.partition("[")
        stride = CORPORA.get(name, CORPORA.get(item.path.stem, 1)) if case else 1
        test = item.nodeid.split("[")[0]
        is_left = seen[test] % stride or item.get_closest_marker("corpus")
        (left if is_left else kept).append(item)
        seen[test] += 1
    items[:] = kept
    config.hook.pytest_deselected(items=left)


def pytest_report_header(config: pytest.Config) -> str | None:
    """Say what is left out, and why."""
    if config.getoption("--corpora"):
        return None
    return "corpora: a few programs of each, for time; scripts/test --corpora runs all"
