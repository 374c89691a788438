"""Places for studies: a folder, and a database of a real PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from databases import Server, UnavailableError, serving
from studies import Ledgers


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """One server for all tests of this process."""
    context = serving()
    try:
        server = context.__enter__()
    except UnavailableError as error:
        pytest.skip(f"no PostgreSQL can be started here: {error}")
    try:
        yield server
    finally:
        context.__exit__(None, None, None)


@pytest.fixture(params=["journal", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a study may be kept: an empty folder, and an empty database."""
    if request.param == "journal":
        return str(tmp_path / "study")
    server: Server = request.getfixturevalue("postgres")
    return server.new_database()


@pytest.fixture
def ledgers() -> Iterator[Ledgers]:
    """Makes and opens studies."""
    with Ledgers() as made:
        yield made
