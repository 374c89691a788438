"""What is tested here is what the scores say, not whether a busy machine has time for them."""

import pytest

from wellfit.observe import budget


@pytest.fixture(autouse=True)
def plenty_of_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scoring may take as long as it takes; programs run in forks of this process, which inherit it."""
    monkeypatch.setattr(budget, "FREE_S", 60.0)
