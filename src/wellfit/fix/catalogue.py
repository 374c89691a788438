"""Every editor, and in words why a rule has none."""

from collections.abc import Mapping

from wellfit.fix.draft import Editor
from wellfit.fix.editors.batch_first import batch_first
from wellfit.fix.editors.binary_scores import scores_to_binary_loss
from wellfit.fix.editors.clear_gradients import clear_gradients
from wellfit.fix.editors.decoupled_decay import decoupled_decay
from wellfit.fix.editors.dropout_mode import follow_mode
from wellfit.fix.editors.evaluation_mode import evaluation_mode
from wellfit.fix.editors.guard_operand import guard_operand
from wellfit.fix.editors.keep_gradients import keep_gradients
from wellfit.fix.editors.layer_rates import scale_rates
from wellfit.fix.editors.learning_rate import move_rate, positive_rate
from wellfit.fix.editors.match_shapes import match_shapes
from wellfit.fix.editors.optimizer_last import optimizer_last
from wellfit.fix.editors.optimizer_parameters import all_parameters, only_what_trains
from wellfit.fix.editors.plateau_mode import plateau_mode
from wellfit.fix.editors.random_init import random_init
from wellfit.fix.editors.raw_scores import hand_over_raw_scores
from wellfit.fix.editors.register_layers import register_layers
from wellfit.fix.editors.rename_loss import log_probabilities
from wellfit.fix.editors.reorder_step import clear_before_backward, step_after_backward
from wellfit.fix.editors.samples_first import samples_first
from wellfit.fix.editors.schedule_length import lengthen_schedule
from wellfit.fix.editors.schedule_sequence import join_in_sequence
from wellfit.fix.editors.schedule_unit import step_in_the_other_unit, step_the_schedule
from wellfit.fix.editors.shuffle import shuffle_loader
from wellfit.fix.editors.softmax_dim import along_the_classes
from wellfit.fix.editors.standardize import standardize
from wellfit.fix.editors.train_mode import back_to_training_mode
from wellfit.fix.editors.unfreeze import unfreeze
from wellfit.fix.editors.unwrap_loss import unwrap_loss

EDITORS: tuple[Editor, ...] = (
    hand_over_raw_scores,
    log_probabilities,
    scores_to_binary_loss,
    match_shapes,
    unwrap_loss,
    clear_gradients,
    clear_before_backward,
    step_after_backward,
    back_to_training_mode,
    all_parameters,
    optimizer_last,
    unfreeze,
    only_what_trains,
    step_in_the_other_unit,
    step_the_schedule,
    positive_rate,
    decoupled_decay,
    lengthen_schedule,
    move_rate,
    join_in_sequence,
    plateau_mode,
    scale_rates,
    register_layers,
    keep_gradients,
    samples_first,
    along_the_classes,
    batch_first,
    random_init,
    standardize,
    shuffle_loader,
    evaluation_mode,
    follow_mode,
    guard_operand,
)
"""In the order of the rules that they serve."""

BY_RULE: Mapping[str, Editor] = {rule: editor for editor in EDITORS for rule in editor.rules}
"""The editor of each rule that has one."""

WITHOUT_EDITOR: Mapping[str, str] = {
    "WF001": "that nothing is learned is a symptom: the edit belongs to its cause",
    "WF002": "which of the signs on the way to the loss is the wrong one is not known",
    "WF003": "that the inputs do not matter is a symptom: the edit belongs to its cause",
    "WF317": "where the program sets its rates is not seen",
    "WF451": "which dimension was meant to be the samples is not known",
    "WF452": "whether samples may see each other is for the program's author to decide",
    "WF453": "how the model shall be kept from the answers hangs on its kind: a mask, a direction, a padding",
    "WF551": "which of the layers makes the answers too large is not known",
    "WF552": "the bias to start from hangs on all targets, and the run has seen a few of them",
    "WF603": "which rows belong to which set is for the program's author to decide",
    "WF751": "what the metric is meant to count is not known",
    "WF752": "where the right answers are added up, and whether all batches shall weigh alike, is not known",
    "WF801": "whether to drop or to fill the values is for the data's owner to decide",
    "WF901": "which source of randomness shall have which seed is for the program's author to decide",
    "WF902": "whether what is lost belongs to the model, or is only counted along, is not known",
}
"""Rules whose cure no editor can write, and why."""
