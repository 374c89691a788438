"""Words left out of token ids: at their rate, in one piece, and by the text they belong to."""

import math

import pytest
import torch
from torch import Tensor

from wellfit.regularize.draws import keyed
from wellfit.regularize.method import NoEffectWarning
from wellfit.regularize.text.word_dropout.choose import By, chosen, highest_of
from wellfit.regularize.text.word_dropout.close_up import close_up
from wellfit.regularize.text.word_dropout.method import WordDropout, drop_words

MASK, PAD = 1, 0
ROWS, WIDTH = 300, 40


def batch_of(rows: int = ROWS, width: int = WIDTH, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Token ids from 10 and word ids, as a tokenizer makes them: special ones at both ends, and padding."""
    generator = torch.Generator().manual_seed(seed)
    ids = torch.randint(10, 40, (rows, width), generator=generator)
    words = (torch.rand(rows, width, generator=generator) < 0.6).cumsum(1)
    lengths = torch.randint(width // 2, width, (rows, 1), generator=generator)
    places = torch.arange(width)
    words = words.masked_fill((places == 0) | (places >= lengths), -1)
    return ids.masked_fill(places > lengths, PAD), words


def masked(ids: Tensor, words: Tensor, p: float, by: By = "word", epoch: int = 0) -> Tensor:
    draws = keyed(torch.arange(len(ids)), epoch=epoch)
    return drop_words(ids, words, p=p, by=by, mask_id=MASK, draws=draws) == MASK


def first_of_words(words: Tensor) -> Tensor:
    """bool, shape (N, T): the first piece of each word."""
    return torch.cat([words[:, :1] >= 0, (words[:, 1:] >= 0) & (words[:, 1:] != words[:, :-1])], dim=1)


@pytest.mark.parametrize("by", ["word", "token"])
@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_words_fall_at_their_rate(by: str, p: float) -> None:
    ids, words = batch_of()
    one_each = first_of_words(words) if by == "word" else words >= 0
    gone = masked(ids, words, p, by)[one_each].float()
    assert abs(gone.mean() - p) < 4.5 * math.sqrt(p * (1 - p) / len(gone))


def test_types_fall_at_their_rate() -> None:
    ids = torch.arange(10, 50).repeat(ROWS, 1)
    gone = masked(ids, torch.arange(WIDTH).expand(ROWS, -1), 0.3, "type").float()
    assert abs(gone.mean() - 0.3) < 4.5 * math.sqrt(0.21 / gone.numel())
    assert (gone.mean(0) - 0.3).abs().max() < 4.5 * math.sqrt(0.21 / ROWS)


@pytest.mark.parametrize("by", ["word", "token", "type"])
def test_words_fall_independently_in_a_text_and_between_texts(by: str) -> None:
    ids, words = torch.arange(10, 50).repeat(ROWS, 1), torch.arange(WIDTH).expand(ROWS, -1)
    gone = masked(ids, words, 0.5, by).float() - 0.5
    for products, count in ((gone.T @ gone, ROWS), (gone @ gone.T, WIDTH)):
        others = 4 * products[~torch.eye(len(products), dtype=torch.bool)] / math.sqrt(count)
        assert abs(others.square().mean() - 1) < 0.15
        assert abs(others.mean()) < 4.5 / math.sqrt(len(others) / 2)
    epochs = torch.stack([masked(ids, words, 0.5, by, epoch=e)[0] for e in range(60)]).float() - 0.5
    others = 4 * (epochs @ epochs.T)[~torch.eye(60, dtype=torch.bool)] / math.sqrt(WIDTH)
    assert abs(others.square().mean() - 1) < 0.15


def test_all_pieces_of_a_word_fall_together() -> None:
    ids, words = batch_of()
    gone = masked(ids, words, 0.5)
    for row in range(ROWS):
        for word in words[row].unique().tolist():
            fates = set(gone[row, words[row] == word].tolist())
            assert fates == {False} if word < 0 else len(fates) == 1


def test_pieces_of_a_word_need_not_stand_together() -> None:
    words = torch.tensor([[0, 1, 0, 2, 0, 2]]).expand(200, -1)
    ids = torch.tensor([[10, 11, 12, 13, 14, 13]]).expand(200, -1)
    for by in ("word", "type"):
        gone = masked(ids, words, 0.5, by)
        assert torch.equal(gone[:, 0], gone[:, 2])
        assert torch.equal(gone[:, 0], gone[:, 4])
        assert torch.equal(gone[:, 3], gone[:, 5])
        assert not torch.equal(gone[:, 0], gone[:, 1])


def test_a_type_falls_wherever_it_stands() -> None:
    ids = torch.tensor([[10, 11, 12, 10, 11, 11, 10, 10]]).expand(ROWS, -1)
    words = torch.tensor([[0, 0, 1, 2, 2, 3, 3, 4]]).expand(ROWS, -1)
    gone = masked(ids, words, 0.5, "type")
    assert torch.equal(gone[:, 0], gone[:, 3])
    kinds = gone[:, [0, 2, 5, 7]].float() - 0.5  # (10, 11), (12,), (11, 10) and (10,)
    assert (4 * (kinds.T @ kinds)[~torch.eye(4, dtype=torch.bool)]).abs().max() < 4.5 * math.sqrt(ROWS)


def test_a_type_has_another_fate_in_another_text() -> None:
    same = torch.full((ROWS, 3), 10)
    gone = masked(same, torch.tensor([[0, 1, 2]]).expand(ROWS, -1), 0.5, "type")
    assert torch.equal(gone[:, 0], gone[:, 2])
    assert 0.35 < gone[:, 0].float().mean() < 0.65


@pytest.mark.parametrize("by", ["word", "type"])
def test_large_word_ids_are_as_good_as_small_ones(by: str) -> None:
    ids, words = batch_of(4, 12)
    far = words.masked_fill(words >= 0, 0) + (words + 10**12).masked_fill(words < 0, 0)
    gone = masked(ids, far, 0.5, by)
    if by == "type":
        assert torch.equal(gone, masked(ids, words, 0.5, by))
    assert not gone[words < 0].any()


@pytest.mark.parametrize("by", ["word", "token", "type"])
@pytest.mark.parametrize("keep_one", [False, True])
@pytest.mark.parametrize("p", [0.1, 0.5, 0.9, 1.0])
def test_a_device_that_is_not_waited_for_chooses_the_same(by: By, p: float, keep_one: bool) -> None:
    ids, words = batch_of(30, 20)
    draws = keyed(torch.arange(30))
    known, unknown = (
        chosen(ids, words, p, by, draws, highest=highest, keep_one=keep_one) for highest in (highest_of(words), None)
    )
    assert torch.equal(known, unknown)


@pytest.mark.parametrize("by", ["word", "token", "type"])
def test_a_batch_that_is_looked_at_in_parts_is_chosen_the_same(by: By) -> None:
    ids, words = batch_of(40, 1000)  # 32 rows are a part
    whole = masked(ids, words, 0.3, by)
    draws = keyed(torch.arange(40)).of(torch.tensor([7, 31, 32, 39]))
    rows = [7, 31, 32, 39]
    some = drop_words(ids[rows], words[rows], p=0.3, by=by, mask_id=MASK, draws=draws) == MASK
    assert torch.equal(whole[rows], some)


@pytest.mark.parametrize("by", ["word", "token", "type"])
@pytest.mark.parametrize("side", ["right", "left"])
def test_draws_belong_to_a_text_however_it_is_batched_and_padded(by: str, side: str) -> None:
    ids, words = batch_of(6, 20)
    drop = WordDropout(0.4, by=by, mask_id=MASK, seed=3)
    whole = drop(ids, words, index=torch.arange(6) + 9)
    for rows in ([5, 2], [0], [3, 4, 1]):
        pad = (3, 0) if side == "left" else (0, 3)
        wide = torch.nn.functional.pad(ids[rows], pad, value=PAD), torch.nn.functional.pad(words[rows], pad, value=-1)
        some = drop(*wide, index=torch.tensor(rows) + 9)
        assert torch.equal(some[:, 3:] if side == "left" else some[:, :-3], whole[rows])


def test_delete_closes_the_gaps_and_fills_up() -> None:
    ids, words = batch_of()
    out = WordDropout(0.4, mode="delete", pad_id=PAD, seed=1)(ids, words, index=torch.arange(ROWS))
    gone = WordDropout(0.4, mask_id=MASK, seed=1)(ids, words, index=torch.arange(ROWS)) == MASK
    for row in range(ROWS):
        stays = ids[row, ~gone[row]]
        if not gone[row, words[row] >= 0].all():
            assert torch.equal(out[row, : len(stays)], stays)
            assert (out[row, len(stays) :] == PAD).all()


@pytest.mark.parametrize("by", ["word", "token", "type"])
def test_a_text_never_becomes_empty(by: str) -> None:
    ids, words = batch_of()
    out = WordDropout(1.0, by=by, mode="delete", pad_id=PAD)(ids, words)
    specials = ((words < 0) & (ids != PAD)).sum(1)
    left = (out != PAD).sum(1) - specials
    assert (left >= 1).all()
    if by == "token":
        assert (left == 1).all()


def test_what_stays_of_a_text_at_the_end_of_the_range_is_drawn() -> None:
    ids, words = torch.arange(10, 20).repeat(ROWS, 1), torch.arange(10).expand(ROWS, -1)
    left = WordDropout(1.0, mode="delete", pad_id=PAD)(ids, words)[:, 0]
    assert torch.bincount(left - 10, minlength=10).min() > 8, "each word is left about 30 times"


def test_left_padding_stays_in_front() -> None:
    ids = torch.tensor([[PAD, PAD, 5, 10, 11, 12]])
    words = torch.tensor([[-1, -1, -1, 0, 1, 1]])
    out = WordDropout(1.0, mode="delete", pad_id=PAD, padding_side="left")(ids, words)
    assert out.tolist() in ([[PAD, PAD, PAD, PAD, 5, 10]], [[PAD, PAD, PAD, 5, 11, 12]])


def test_close_up_moves_whatever_belongs_to_tokens() -> None:
    values = torch.arange(12.0).view(1, 6, 2)
    gone = torch.tensor([[True, False, False, True, False, True]])
    assert torch.equal(close_up(values, gone, -1)[0], torch.cat([values[0, [1, 2, 4]], torch.full((3, 2), -1.0)]))
    assert torch.equal(close_up(values, gone, -1, "left")[0, 3:], values[0, [1, 2, 4]])


def test_a_mapping_comes_back_as_a_copy_with_all_that_belongs_to_tokens() -> None:
    ids, words = batch_of(8)
    batch = {
        "input_ids": ids,
        "attention_mask": (ids != PAD).long(),
        "labels": ids.masked_fill(ids == PAD, -100),
        "word_ids": words,
        "target": torch.arange(8),
    }
    before = {name: value.clone() for name, value in batch.items()}
    out = WordDropout(0.5, mode="delete", pad_id=PAD, aligned={"labels": -100})(batch)
    assert all(torch.equal(batch[name], before[name]) for name in before)
    assert torch.equal(out["labels"], out["input_ids"].masked_fill(out["input_ids"] == PAD, -100))
    assert torch.equal(out["attention_mask"], (out["input_ids"] != PAD).long())
    assert out["target"] is batch["target"]
    assert (out["word_ids"][out["input_ids"] == PAD] == -1).all()
    assert (out["attention_mask"].sum(1) < batch["attention_mask"].sum(1)).any()


def test_mask_mode_touches_nothing_but_the_ids() -> None:
    ids, words = batch_of(8)
    batch = {"input_ids": ids, "attention_mask": (ids != PAD).long(), "labels": ids, "position_ids": ids}
    out = WordDropout(0.5, mask_id=MASK)(batch, words)
    assert all(out[name] is batch[name] for name in batch if name != "input_ids")
    assert (out["input_ids"] == MASK).any()


@pytest.mark.parametrize("name", ["labels", "position_ids"])
def test_delete_asks_what_labels_and_positions_belong_to(name: str) -> None:
    ids, words = batch_of(4, 10)
    batch = {"input_ids": ids, name: ids}
    with pytest.raises(ValueError, match=rf"aligned must say whether {name} of shape \(4, 10\)"):
        WordDropout(0.5, mode="delete", pad_id=PAD)(batch, words)
    assert WordDropout(0.5, mode="delete", pad_id=PAD, aligned={name: None})(batch, words)[name] is ids
    one_each = {"input_ids": ids, name: torch.arange(4)}
    assert WordDropout(0.5, mode="delete", pad_id=PAD)(one_each, words)[name] is one_each[name]


def test_special_ids_and_padding_never_fall() -> None:
    ids = torch.tensor([[2, 10, 11, 3, PAD]])
    drop = WordDropout(1.0, by="token", mask_id=MASK, pad_id=PAD, special_ids=[2, 3])
    assert drop(ids).tolist() == [[2, MASK, MASK, 3, PAD]]
    seen = {"input_ids": ids, "attention_mask": torch.tensor([[1, 1, 0, 1, 0]])}
    assert WordDropout(1.0, by="token", mask_id=MASK)(seen)["input_ids"].tolist() == [[MASK, MASK, 11, MASK, PAD]]


def test_int32_stays_so() -> None:
    ids, words = (part.int() for part in batch_of(4))
    assert WordDropout(0.5, mask_id=MASK)(ids, words).dtype == torch.int32
    assert WordDropout(0.5, mode="delete", pad_id=PAD)(ids, words).dtype == torch.int32


def test_off_in_evaluation_and_at_strength_zero() -> None:
    ids, words = batch_of(4)
    batch = {"input_ids": ids}
    for drop in (WordDropout(0.5, mask_id=MASK).eval(), WordDropout(0.5, mask_id=MASK, strength=0.0)):
        assert drop(ids, words) is ids
        assert drop(batch) is batch


def test_strength_scales_the_chance() -> None:
    ids, words = batch_of()
    gone = WordDropout(0.8, strength=0.25, mask_id=MASK)(ids, words)[words >= 0] == MASK
    assert 0.15 < gone.float().mean() < 0.25


def test_nothing_to_drop_is_told() -> None:
    with pytest.warns(NoEffectWarning, match="no token of the batch belongs to a word"):
        WordDropout(0.5, mask_id=MASK)(torch.ones(2, 3, dtype=torch.int64), torch.full((2, 3), -1))
    with pytest.warns(NoEffectWarning, match="p is 0"):
        WordDropout(0.0, mask_id=MASK)


@pytest.mark.parametrize("shape", [(0, 5), (3, 0), (0, 0)])
@pytest.mark.parametrize("by", ["word", "token", "type"])
def test_batches_without_tokens_stay_so(shape: tuple[int, int], by: str) -> None:
    nothing = torch.empty(shape, dtype=torch.int64)
    for drop in (WordDropout(0.5, by=by, mask_id=MASK), WordDropout(1.0, by=by, mode="delete", pad_id=PAD)):
        assert drop(nothing, nothing).shape == shape


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"p": 1.5, "mask_id": 1}, r"p must lie in \[0, 1\], got 1\.5"),
        ({"p": float("nan"), "mask_id": 1}, r"p must lie in \[0, 1\], got nan"),
        ({"mode": "mask"}, "mask_id must be given for mode 'mask', got None"),
        ({"mode": "delete", "mask_id": 1}, "pad_id must be given for mode 'delete', got None"),
        ({"mode": "drop"}, "mode must be 'mask' or 'delete', got 'drop'"),
        ({"by": "piece", "mask_id": 1}, "by must be 'word', 'token' or 'type', got 'piece'"),
        ({"padding_side": "both", "mask_id": 1}, "padding_side must be 'right' or 'left', got 'both'"),
    ],
)
def test_options_that_cannot_be_are_told(options: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        WordDropout(**options)


def test_batches_that_cannot_be_are_told() -> None:
    ids, words = batch_of(4, 10)
    drop = WordDropout(0.5, mask_id=MASK)
    with pytest.raises(ValueError, match=r"shape of token_ids, got \(4, 9\) and \(4, 10\)"):
        drop(ids, words[:, :9])
    with pytest.raises(TypeError, match=r"token_ids must be int64 or int32, got torch\.float32"):
        drop(ids.float(), words)
    with pytest.raises(TypeError, match=r"word_ids must be int64 or int32, got torch\.float32"):
        drop(ids, words.float())
    with pytest.raises(ValueError, match=r"token_ids must be of shape \(N, T\), got \(10,\)"):
        drop(ids[0], words[0])
    with pytest.raises(ValueError, match="word_ids must be given with by='word', got None"):
        drop(ids)
    with pytest.raises(ValueError, match="must hold input_ids, got ids"):
        drop({"ids": ids}, words)
    with pytest.raises(TypeError, match="got list: pad the texts to one length"):
        drop({"input_ids": [[1, 2], [3]]}, words)
    with pytest.raises(ValueError, match=r"attention_mask must be a tensor of shape \(4, 10\)"):
        WordDropout(0.5, mode="delete", pad_id=PAD)(
            {"input_ids": ids, "special_tokens_mask": 1, "attention_mask": 1}, words
        )
    with pytest.raises(ValueError, match=r"index must be of shape \(4,\)"):
        drop(ids, words, index=torch.arange(3))
