"""No editor, on whatever line of whatever program, crashes, breaks the file or touches what it does not say."""

import ast
import io
import tokenize
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

import wellfit.rules
from wellfit.fix.catalogue import EDITORS
from wellfit.fix.draft import Draft, Editor, RefusedError
from wellfit.fix.program import Project
from wellfit.model.change import apply_changes, overlap, split_lines
from wellfit.model.place import Place, Related
from wellfit.model.rule import Finding, Fix
from wellfit.model.source import Sources

RULES = Path(wellfit.rules.__path__[0])
GALLERY = Path(__file__).resolve().parent.parent / "gallery"
PROGRAMS = sorted([*RULES.glob("*/*/bad.py"), *GALLERY.glob("*/*.py")])

WORDS = st.sampled_from(
    ["softmax", "sigmoid", "log_softmax", "sub", "log", "div", "detach", "item", "view", "mse_loss"]
)
DETAILS = st.fixed_dictionaries(
    {
        "operation": WORDS,
        "given": st.sampled_from(["scores", "clamped", "probabilities"]),
        "left": st.just((4, 1)),
        "right": st.sampled_from([(4,), (4, 4)]),
        "unit": st.sampled_from(["epoch", "step"]),
        "names": st.sampled_from([(), ("head.weight", "body.0.bias")]),
        "kind": st.sampled_from(["Adam", "NAdam", "OneCycleLR"]),
        "wrapper": st.sampled_from(["nn.ModuleList", "nn.Parameter"]),
        "attribute": st.sampled_from(["hidden", "layers", "blocks"]),
        "layer": st.sampled_from(["LSTM", "MultiheadAttention"]),
        "batch_first": st.booleans(),
        "without_gradients": st.booleans(),
        "all_frozen": st.booleans(),
        "rows": st.just(4),
        "made": st.just((4, 8)),
        "loader": st.just("sequential"),
        "features": st.just(3),
    }
)
STYLES = st.sampled_from([("\n", "    ", "\n"), ("\r\n", "\t", "\r\n"), ("\n", "    ", ""), ("\r\n", "    ", "")])


def styled(text: str, style: tuple[str, str, str]) -> str:
    """The program with other line ends, other indentation and another end of its last line."""
    end, indentation, last = style
    lines = text.rstrip("\n").replace("    ", indentation).split("\n")
    return end.join(lines) + last


def comments(text: str) -> list[str]:
    tokens = tokenize.generate_tokens(io.StringIO(text.replace("\r\n", "\n")).readline)
    return sorted(token.string for token in tokens if token.type == tokenize.COMMENT)


def drafted(editor: Editor, text: str, lines: tuple[int, int], details: dict[str, object]) -> Draft | None:
    first, second = (Place("train.py", line, "<module>") for line in lines)
    related = (Related(second, "backward runs here"), Related(second, "writes"), Related(second, "finds"))
    finding = Finding(first, "", "", Fix("cure", first, {**details, "trains_at": second}), related)
    try:
        return editor.write(finding, Project(Sources({"train.py": split_lines(text)})))
    except RefusedError:
        return None


@settings(max_examples=20, deadline=None)
@given(st.sampled_from(PROGRAMS), st.data(), DETAILS, STYLES)
def test_edit_leaves_a_program_behind(program: Path, data: st.DataObject, details, style) -> None:
    text = styled(program.read_text(), style)
    try:
        ast.parse(text)
    except SyntaxError:  # tabs inside a string or behind a bracket that spaces had lined up
        text = program.read_text()
    count = len(split_lines(text))
    lines = data.draw(st.tuples(st.integers(1, count), st.integers(1, count)))
    for editor in data.draw(st.lists(st.sampled_from(EDITORS), min_size=3, max_size=3, unique_by=id)):
        draft = drafted(editor, text, lines, details)
        if draft is not None:
            check(text, draft)


def check(text: str, draft: Draft) -> None:
    """The result parses, keeps its line ends, and loses no comment but those of lines that go as a whole."""
    assert draft.changes
    assert not any(overlap(a, b) for n, a in enumerate(draft.changes) for b in draft.changes[:n])
    new = apply_changes(text, draft.changes)
    ast.parse(new)
    assert ("\r" in new) == ("\r" in text)
    assert new.replace("\r\n", "").count("\r") == 0
    if "\r" in text:
        assert "\n" not in new.replace("\r\n", "")
    gone = "".join(text[change.start : change.end] for change in draft.changes)
    assert all(comment in comments(new) or comment in gone for comment in comments(text))
    assert sum(len(change.text) for change in draft.changes) < 400
