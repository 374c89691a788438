"""Plans: fitted to the run, printed, built, pasted."""

import copy
import dataclasses
import math

import pytest
import torch
import zoo
from torch import nn
from torch.utils.data import DataLoader, IterableDataset, TensorDataset

from wellfit.recipes.catalogue import RECIPES
from wellfit.recipes.plan import Plan, recipe
from wellfit.recipes.recipe import recalled


def loader(samples: int = 640, batch: int = 64, shape: tuple[int, ...] = (3, 8, 8)) -> DataLoader:
    return DataLoader(TensorDataset(torch.rand(samples, *shape), torch.randint(10, (samples,))), batch)


def plan_of(model: nn.Module, epochs: float = 20, **options) -> Plan:
    return recipe(model, options.pop("loader", loader()), epochs, **options)


def test_three_families_get_three_answers() -> None:
    plans = [plan_of(model) for model in (zoo.Thing(), zoo.perceptron(), zoo.Both())]
    assert [p["optimizer"].value for p in plans] == ["SGD", "AdamW", "AdamW"]
    assert len({(p.recipe.name, p["weight_decay"].value, p["warmup"].value) for p in plans}) == 3
    assert all(p.chosen.why for p in plans)


def test_a_stem_that_shrinks_leads_to_the_steps_of_large_images() -> None:
    plan = plan_of(zoo.Thing(stride=2))
    assert (plan.recipe.name, plan["schedule"].value) == ("cnn-classic", "multistep")
    _, scheduler = plan.build(zoo.Thing(stride=2))
    rates = []
    for _ in range(plan.setting.steps):
        rates.append(scheduler.get_last_lr()[0])
        scheduler.optimizer.step()
        scheduler.step()
    assert rates[0] == pytest.approx(plan["lr"].value)
    assert rates[-1] == pytest.approx(plan["lr"].value * 1e-3)


def test_without_batch_norm_adamw_is_taken() -> None:
    assert plan_of(zoo.mobile())["optimizer"].value == "AdamW"


@pytest.mark.parametrize(
    ("asked", "name", "is_"),
    [("adamw", "cnn-adam", "AdamW"), ("sgd", "cnn-small", "SGD"), ("Adam", "cnn-adam", "Adam")],
)
def test_the_optimizer_may_be_asked_for_in_any_case(asked: str, name: str, is_: str) -> None:
    plan = plan_of(zoo.Thing(), optimizer=asked)
    assert (plan.recipe.name, plan["optimizer"].value) == (name, is_)


def test_adam_gets_no_decay_that_it_would_divide_by_the_gradients() -> None:
    assert plan_of(zoo.perceptron(), optimizer="adam")["weight_decay"].value == 0


def test_sgd_where_no_recipe_has_it_is_generic() -> None:
    assert plan_of(zoo.perceptron(), optimizer="sgd").recipe.name == "generic-sgd"


def test_sgd_scales_in_proportion_to_the_batch_and_adam_with_its_root() -> None:
    rates = [plan_of(zoo.Thing(), loader=loader(640, b))["lr"].value for b in (32, 128)]
    assert rates[1] / rates[0] == pytest.approx(4)
    rates = [recipe(zoo.perceptron(), None, 300, steps=100_000, batch_size=b)["lr"].value for b in (32, 128)]
    assert rates[1] / rates[0] == pytest.approx(2, rel=0.01)


@pytest.mark.parametrize("epochs", [1, 5, 30, 300])
def test_the_warmup_is_at_most_a_tenth_of_the_run(epochs: int) -> None:
    for model in (zoo.Thing(), zoo.Vit(), zoo.Bigram(), zoo.Both()):
        plan = plan_of(model, epochs)
        assert 0 <= plan["warmup"].value <= 0.1 * plan.setting.steps


def test_a_long_run_keeps_the_rate_of_the_recipe_and_a_short_one_raises_it() -> None:
    long = recipe(zoo.perceptron(), None, 100, steps=100_000, batch_size=128)
    short = recipe(zoo.perceptron(), None, 5, steps=100, batch_size=128)
    assert (long["lr"].value, long["lr"].rule) == (1e-3, "")
    assert short["lr"].value > 1e-3
    assert "raised from 0.001" in short["lr"].rule


def test_few_samples_are_regularized_more() -> None:
    few, many = (plan_of(zoo.perceptron(), loader=loader(samples)) for samples in (200, 2000))
    assert few["dropout"].value > many["dropout"].value
    assert few["dropout"].rule == "0.15 there; 200 samples are few"
    assert few["lr"].value * few.setting.steps < many["lr"].value * many.setting.steps


def test_words_need_a_longer_way_than_columns() -> None:
    words = recipe(zoo.Both(), None, 15, steps=180, batch_size=32)
    columns = recipe(nn.Sequential(nn.Embedding(30, 8), nn.Flatten(), nn.Linear(8, 2)), None, 15, steps=180)
    assert (words["lr"].value, columns["lr"].value) == (0.03, 0.01)
    assert recipe(zoo.Both(), None, 15, steps=600, batch_size=32)["lr"].value == 6 / 600
    assert plan_of(zoo.Both(), loader=loader(200), epochs=60)["lr"].value == plan_of(zoo.Both(), epochs=24)["lr"].value


@pytest.mark.parametrize("model", [zoo.Both(), zoo.Bigram(), zoo.Reader()])
def test_a_reader_whose_rate_is_raised_remembers_a_third_of_the_run(model: nn.Module) -> None:
    plan = recipe(model, None, 15, steps=300, batch_size=32)
    assert plan["lr"].rule.endswith("a run of 300 steps is short for Adam")
    assert 1 / (plan["lr"].value * plan["weight_decay"].value) == pytest.approx(100, rel=0.01)
    assert "with a raised rate the weights remember 100 steps" in plan["weight_decay"].rule
    groups = plan.build(model)[0].param_groups
    assert {group["weight_decay"] for group in groups} == {0.0, plan["weight_decay"].value}
    long = recipe(model, None, 15, steps=100_000, batch_size=64)
    assert "remember 33333 steps" not in long["weight_decay"].rule


@pytest.mark.parametrize("model", [zoo.Bigram(), zoo.Reader(vocab=30, out=30)])
def test_a_language_model_drops_as_often_as_it_reads_its_text(model: nn.Module) -> None:
    few, some, many = (plan_of(model, epochs=epochs)["dropout"] for epochs in (1, 15, 80))
    assert (few.value, some.value) == (round(many.value / 75, 2), round(many.value / 5, 2))
    assert "75 epochs and more, in proportion below" in some.rule
    assert not many.rule
    assert plan_of(zoo.Reader(out=4), epochs=15)["dropout"].value == 0.5
    assert plan_of(zoo.Both(vocab=30, classes=30), epochs=15)["dropout"].value == 0.1


def test_pretrained_weights_keep_the_decay_as_a_number() -> None:
    assert plan_of(zoo.Vit(), pretrained=True)["weight_decay"].value == 0.05
    assert plan_of(zoo.Thing(), pretrained=True)["weight_decay"].value == 5e-4


@pytest.mark.parametrize(("samples", "epochs"), [(64, 300), (640, 20), (6400, 3), (50_000, 200)])
def test_weights_remember_no_less_than_fifty_steps_and_no_more_than_the_run(samples: int, epochs: int) -> None:
    plan = recipe(zoo.Thing(), None, epochs, steps=max(1, samples // 64) * epochs, batch_size=64)
    remembered = (1 - 0.9) / (plan["lr"].value * plan["weight_decay"].value)
    assert min(49, plan.setting.steps) <= remembered <= plan.setting.steps * 1.02


def test_the_rate_of_large_networks_is_raised_less() -> None:
    small, large = (recipe(zoo.Vit(d=d), None, 5, steps=100, batch_size=64)["lr"].value for d in (32, 512))
    assert (small, large) == (0.01, 1e-3)


def test_an_average_reaches_back_a_tenth_of_the_run() -> None:
    plan = recipe(zoo.Unet(), None, 10, steps=1000, batch_size=128)
    assert plan["ema"].value == 0.99
    assert plan["ema"].rule == "0.9999 there averages 10,000 steps; at most 10% of the run"
    assert recipe(zoo.Unet(), None, 10, steps=1_000_000, batch_size=128)["ema"].value == 0.9999


def test_strong_mixing_is_for_long_runs() -> None:
    long = recipe(zoo.Vit(channels=3), None, 300, steps=300_000, batch_size=512)
    short = plan_of(zoo.Vit(channels=3))
    assert (long["mixup"].value, short["mixup"].value) == (0.8, 0)
    assert "left out" in short["mixup"].rule


def test_mixed_labels_go_through_the_loss() -> None:
    plan = recipe(zoo.Vit(channels=3), None, 300, steps=300_000, batch_size=512)
    mix = plan.mix(10)
    assert mix is not None
    x, y = mix(torch.rand(8, 3, 8, 8), torch.arange(8))
    assert plan.loss(zoo.Vit(channels=3)(x), y).isfinite()
    assert plan_of(zoo.Vit(channels=3)).mix(10) is None


def test_one_channel_is_not_mirrored() -> None:
    assert "flip" not in (plan_of(zoo.Vit(channels=1))["augmentation"].value or {})
    assert "flip" in plan_of(zoo.Vit(channels=3))["augmentation"].value


def test_pretrained_weights_take_the_recipe_for_them() -> None:
    plan = plan_of(zoo.Both(), pretrained=True)
    assert (plan.recipe.name, plan["lr"].value) == ("encoder-finetune", 2e-5)
    groups = plan_of(zoo.Vit(), pretrained=True).build(zoo.Vit())[0].param_groups
    assert len({group["lr"] for group in groups}) > 2


def test_pretrained_weights_without_a_recipe_take_a_tenth_of_the_rate() -> None:
    fresh, trained = (plan_of(zoo.Thing(), pretrained=said)["lr"].value for said in (False, True))
    assert trained == pytest.approx(fresh / 10)


def test_frozen_weights_and_a_few_that_train_are_adapters() -> None:
    model = zoo.Bigram()
    for p in model.blocks.parameters():
        p.requires_grad_(requires_grad=False)
    assert plan_of(model, pretrained=True).recipe.name == "decoder-lora"


@pytest.mark.parametrize("name", [r.name for r in RECIPES if not r.lacks])
def test_every_recipe_can_be_built_for_some_model_by_its_name(name: str) -> None:
    model = zoo.Vit(channels=3)
    plan = plan_of(model, family=name)
    optimizer, scheduler = plan.build(model)
    assert isinstance(optimizer, torch.optim.Optimizer)
    assert isinstance(scheduler, torch.optim.lr_scheduler.LRScheduler)
    held = [p for group in optimizer.param_groups for p in group["params"]]
    assert {id(p) for p in held} == {id(p) for p in model.parameters()}
    assert name in str(plan)


@pytest.mark.parametrize("name", [r.name for r in RECIPES if r.lacks])
def test_what_torch_lacks_is_said_when_built(name: str) -> None:
    with pytest.raises(ValueError, match="cannot be built"):
        plan_of(zoo.Thing(), family=name).build(zoo.Thing())


def test_a_few_steps_train() -> None:
    model = zoo.Thing()
    data = loader(128)
    plan = recipe(model, data, 3)
    optimizer, scheduler = plan.build(model)
    assert plan.augment is not None
    for x, y in data:
        loss = plan.loss(model(plan.augment(x)), y)
        loss.backward()
        plan.clip(model)
        optimizer.step()
        scheduler.step()
        optimizer.zero_grad()
    assert loss.isfinite()


def test_neither_model_nor_loader_is_touched_and_no_number_is_drawn() -> None:
    model, data = zoo.Vit(), loader()
    state, random = copy.deepcopy(model.state_dict()), torch.get_rng_state()
    str(recipe(model, data, 3))
    assert torch.equal(random, torch.get_rng_state())
    assert all(torch.equal(value, state[name]) for name, value in model.state_dict().items())


def test_the_page_names_every_value_its_source_and_what_was_detected() -> None:
    page = str(plan_of(zoo.Vit(channels=3)))
    assert "detected  vit: 1 Conv2d" in page
    assert "facebookresearch/deit:main.py" in page
    assert all(word in page for word in ("lr ", "weight_decay", "raised from"))


def test_a_preview_says_so() -> None:
    plan = plan_of(zoo.Table())
    assert "preview" not in str(plan)
    unread = dataclasses.replace(plan.recipe, lr=recalled(1e-4, "from memory"))
    page = str(dataclasses.replace(plan, chosen=dataclasses.replace(plan.chosen, recipe=unread)))
    assert page.splitlines()[0].endswith("(preview)")
    assert "recalled and not read" in page


def test_an_unknown_family_gets_the_safe_recipe_and_says_so() -> None:
    plan = plan_of(zoo.Scale())
    assert plan.recipe.name == "generic"
    assert "The family is not known" in str(plan)


def test_the_code_runs_and_builds_the_same_optimizer() -> None:
    model, data = zoo.Both(), DataLoader(TensorDataset(torch.randint(30, (32, 8)), torch.randint(4, (32,))), 16)
    plan = recipe(model, data, 2)
    names = {"model": copy.deepcopy(model), "loader": data}
    exec(plan.code(), names)
    built, _ = plan.build(model)
    assert [g["weight_decay"] for g in names["optimizer"].param_groups] == [
        g["weight_decay"] for g in built.param_groups
    ]
    assert [g["initial_lr"] for g in names["optimizer"].param_groups] == [g["initial_lr"] for g in built.param_groups]


def test_the_search_is_centred_on_the_plan() -> None:
    plan = plan_of(zoo.perceptron())
    space = {knob.name: knob for knob in plan.search_space()}
    assert space["lr"].centre == plan["lr"].value
    assert {"lr", "timescale", "dropout", "label_smoothing"} <= space.keys()
    assert all(knob.low <= knob.centre <= knob.high for knob in space.values())
    epochs = 1 / (plan["lr"].value * plan["weight_decay"].value * plan.setting.steps_per_epoch)
    assert space["timescale"].centre == pytest.approx(epochs)


def test_the_loss_follows_the_target() -> None:
    plan = plan_of(zoo.Thing())
    logits = torch.randn(6, 3)
    assert plan.loss(logits, torch.tensor([0, 1, 2, 0, 1, 2])).ndim == 0
    assert plan.loss(logits[:, None].expand(6, 4, 3), torch.zeros(6, 4, dtype=torch.long)).isfinite()
    assert plan.loss(logits[:, :1], torch.zeros(6)) == pytest.approx(float((logits[:, 0] ** 2).mean()))
    assert plan.loss(logits, logits.softmax(1)) == pytest.approx(
        float(nn.functional.cross_entropy(logits, logits.softmax(1)))
    )
    with pytest.raises(ValueError, match="output must be of shape"):
        plan.loss(logits, torch.zeros(5, dtype=torch.long))


class Endless(IterableDataset):
    def __iter__(self):
        yield torch.zeros(4)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"epochs": 0}, "epochs must be > 0, got 0"),
        ({"epochs": math.nan}, "epochs must be > 0"),
        ({"steps": 0}, "steps must be >= 1, got 0"),
        ({"batch_size": 0}, "batch_size must be >= 1, got 0"),
        ({"family": "cmn"}, "got 'cmn'; did you mean 'cnn'?"),
        ({"optimizer": "adamv"}, "got 'adamv'; did you mean 'Adam"),
        ({"optimizer": "Muon"}, "optimizer must be"),
        ({"optimizer": "LBFGS"}, "optimizer must be one of AdamW, Adam"),
        ({"loader": DataLoader(Endless(), 4)}, "steps must be given: the loader"),
        ({"loader": None}, "steps must be given: no loader has no length"),
        ({"loader": []}, "at least one batch"),
    ],
)
def test_what_cannot_be_is_refused_by_name(options: dict, words: str) -> None:
    with pytest.raises(ValueError, match=words.replace("?", r"\?")):
        plan_of(zoo.Thing(), options.pop("epochs", 3), **options)


def test_all_mistakes_of_a_call_are_told_at_once() -> None:
    with pytest.raises(ValueError) as raised:
        recipe(nn.ReLU(), None, -1, family="x", optimizer="y")
    assert all(word in str(raised.value) for word in ("family", "optimizer", "parameters", "epochs", "steps"))


def test_a_model_in_which_nothing_trains_is_refused() -> None:
    with pytest.raises(ValueError, match="model must have parameters that train, got 0 of 0"):
        recipe(nn.ReLU(), loader(), 3)


def test_a_batch_sampler_says_the_batch_and_a_list_none() -> None:
    data = loader()
    by_sampler = DataLoader(data.dataset, batch_sampler=torch.utils.data.BatchSampler(range(640), 32, drop_last=False))
    assert recipe(zoo.Thing(), by_sampler, 2).setting.batch_size == 32
    plan = recipe(zoo.Thing(), [0] * 10, 2)
    assert plan.setting.batch_size is None
    assert "not scaled" in plan["lr"].rule
