from pathlib import Path

import pytest

from wellfit.regularize.card import Card
from wellfit.regularize.cards import CARDS

ROOT = Path(__file__).resolve().parents[2] / "src" / "wellfit" / "regularize"


def test_each_folder_with_a_card_is_listed_once() -> None:
    folders = {f.parent.name for f in ROOT.glob("*/*/card.py")}
    names = [card.name for card in CARDS]
    assert len(names) == len(set(names))
    assert set(names) <= folders


@pytest.mark.parametrize("card", CARDS, ids=lambda c: c.name)
def test_a_card_stands_in_its_folder_and_is_complete(card: Card) -> None:
    assert (ROOT / card.family / card.name / "card.py").is_file()
    assert all((card.title, card.parameter, card.suggested, card.costs, card.interacts, card.sources))
