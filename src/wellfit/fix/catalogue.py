"""Every editor, and in words why a rule has none."""

from collections.abc import Mapping

from wellfit.fix.draft import Editor
from wellfit.fix.editors.clear_gradients import clear_gradients
from wellfit.fix.editors.raw_scores import hand_over_raw_scores
from wellfit.fix.editors.shuffle import shuffle_loader

EDITORS: tuple[Editor, ...] = (
    hand_over_raw_scores,
    clear_gradients,
    shuffle_loader,
)
"""In the order of the rules that they serve."""

BY_RULE: Mapping[str, Editor] = {rule: editor for editor in EDITORS for rule in editor.rules}
"""The editor of each rule that has one."""

WITHOUT_EDITOR: Mapping[str, str] = {
    "WF603": "which rows belong to which set is for the program's author to decide",
    "WF801": "whether to drop or to fill the values is for the data's owner to decide",
}
"""Rules whose cure no editor can write, and why."""
