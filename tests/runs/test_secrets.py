"""Secrets are masked wherever they stand; what only resembles one is left."""

import random
import string

import pytest

from wellfit.model.record import Option, RunRecord
from wellfit.runs.secrets import MASK, is_masked, is_secret_name, mask, mask_option, mask_record, mask_words

LETTERS = string.ascii_letters + string.digits
rng = random.Random(0)


def letters(count: int) -> str:
    """Made here, so that no scanner of sources takes the tests for a leak."""
    return "1" + "".join(rng.choice(LETTERS) for _ in range(count - 1))


FORMS = {
    "hugging face": "hf" + "_" + letters(34),
    "github": "ghp" + "_" + letters(36),
    "github fine": "github" + "_pat_" + letters(60),
    "gitlab": "glpat" + "-" + letters(20),
    "openai": "sk" + "-" + letters(48),
    "openai project": "sk" + "-proj-" + letters(60),
    "anthropic": "sk" + "-ant-api03-" + letters(80),
    "aws": "AK" + "IA" + "ABCDEFGHIJ234567",
    "google": "AI" + "za" + letters(35),
    "slack": "xo" + "xb-" + "123456789012-" + letters(24),
    "web token": ".".join(["eyJ" + letters(20), "eyJ" + letters(40), letters(30)]),
    "key": "-----BEGIN " + "RSA PRIVATE KEY-----\n" + letters(64) + "\n-----END RSA PRIVATE KEY-----",
}


@pytest.mark.parametrize("secret", FORMS.values(), ids=FORMS.keys())
@pytest.mark.parametrize("frame", ["{}", "x {} y", "f('{}')", "url?q={}&b=1", "--name={}", "a:{},b"])
def test_tokens_of_known_form_are_masked_anywhere(secret: str, frame: str) -> None:
    masked = mask(frame.format(secret))
    assert secret[:40] not in masked
    assert MASK in masked


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("postgres://me:pa:ss@host/db", "postgres://me:***@host/db"),
        ("postgres://me:p@ss@host/db", "postgres://me:***@host/db"),
        ("redis://:pw@host", "redis://:***@host"),
        ("https://0123456789abcdef0123456789abcdef01234567@github.com/a/b", "https://***@github.com/a/b"),
        ("Authorization: Bearer abcDEF0123456789", "Authorization: Bearer ***"),
        ("https://x.org/?a=1&token=abc12345&b=2", "https://x.org/?a=1&token=***&b=2"),
        ("export WANDB_API_KEY=0123456789abcdef", "export WANDB_API_KEY=***"),
        ('{"api_key": "hunter2", "lr": 0.1}', '{"api_key": "***", "lr": 0.1}'),
        ("+password = 'correct-horse'", "+password = '***'"),
        ("-  secret_key: abc123def", "-  secret_key: ***"),
    ],
)
def test_named_secrets_in_text(text: str, masked: str) -> None:
    assert mask(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "856353a0f1e2d3c4b5a697887766554433221100",  # a commit
        "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "wikitext-103-raw-v1",
        "sk-learn-classifier-with-many-words",
        "task-1234567890123456789012345",
        "https://github.com/a/b",
        "ssh://git@github.com:22/a/b",
        "git@github.com:a/b.git",
        "http://localhost:6006/#hparams",
        "s3://bucket/key=1/part",
        "max_tokens=512",
        "pad_token = '<pad>'",
        "eos_token='</s>'",
        "token = tokenizer.next()",
        "tokens: 123456789",
        "token: 3",
        "password = getpass.getpass()",
        "password = None",
        "api_key = os.environ['KEY']",
        "api_key=api_key",
        "num_key=12345678",
        "key = 'image-0001'",
        "monkey: bananas1",
        "loss 0.123 step=1000",
        "20261128-090000-a1b2",
        "hf_dataset/squad",
        "@@ -1,4 +1,4 @@",
    ],
)
def test_what_only_resembles_a_secret_is_left(text: str) -> None:
    assert mask(text) == text


@pytest.mark.parametrize(
    ("words", "masked"),
    [
        ("--api-key X", "--api-key ***"),
        ("--token=X --lr 0.1", "--token=*** --lr 0.1"),
        ("PASSWORD=hunter", "PASSWORD=***"),
        ("--password 1234", "--password ***"),
        ("--hub_token -abc", "--hub_token ***"),
        ("logger.wandb.api_key=abc", "logger.wandb.api_key=***"),
        ("+db.password=abc", "+db.password=***"),
        ("--apiKey abc", "--apiKey ***"),
        ("--db postgres://u:p@h/x", "--db postgres://u:***@h/x"),
    ],
)
def test_secrets_in_a_command_line(words: str, masked: str) -> None:
    assert " ".join(mask_words(words.split())) == masked


@pytest.mark.parametrize(
    "words",
    [
        "train.py --max-tokens 512 --tokenizer bert --n-tokens 5",
        "--pad-token <pad> --eos_token </s> --mask-token [MASK]",
        "--use_auth_token True --lr 0.1",
        "--token --lr 0.1",
        "--key label --sort-key len --image_key jpg",
        "--commit 856353a0f1e2d3c4b5a697887766554433221100",
        "--passes 3 --author me --secretary you",
        "--token-dropout 0.1 --weight-decay=0.1",
        "--monitor val_loss --keystone x",
        "model.d_key=64 data.tokens=1000",
    ],
)
def test_command_lines_without_secrets_stay(words: str) -> None:
    assert mask_words(words.split()) == tuple(words.split())


def test_values_that_cannot_be_secrets_stay() -> None:
    assert mask_option("use_auth_token", value=True) is True
    assert mask_option("password", None) is None
    assert mask_option("lr", 0.1) == 0.1
    assert mask_option("password", 1234) == MASK
    assert mask_option("dataset", FORMS["github"]) == MASK


@pytest.mark.parametrize(
    "name", ["--API_KEY", "aws_secret_access_key", "hfToken", "DB.PASSWORD", "privateKey", "apikey"]
)
def test_names_of_secrets(name: str) -> None:
    assert is_secret_name(name)


def test_record_is_masked_in_words_options_and_notes() -> None:
    secret = FORMS["github"]
    record = RunRecord(
        id="x",
        kind="run",
        words=("python", "train.py", "--api-key", "abc", secret),
        folder="/",
        script="train.py",
        started="",
        status="done",
        pid=1,
        options=(Option("api_key", "abc", None, "argparse"), Option("lr", 0.1, 0.1, "argparse")),
        notes=(f"the remote is https://me:{secret}@host/x",),
    )
    masked = mask_record(record)
    assert masked.words == ("python", "train.py", "--api-key", MASK, MASK)
    assert [option.value for option in masked.options] == [MASK, 0.1]
    assert secret not in masked.notes[0]
    assert (is_masked(record), is_masked(masked)) == (False, True)
