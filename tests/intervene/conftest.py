"""One server for all small programs of a worker: it forks before it looks at the script, which can be any."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from trying import Bench


@pytest.fixture(scope="session")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    script: Path = tmp_path_factory.mktemp("program") / "program.py"
    script.write_text("")
    with Bench(script) as bench:
        yield bench
