"""The explicit tuple of all rules: one import line and one tuple line each."""

from wellfit.model.rule import Rule
from wellfit.rules.data.training_data_in_label_order.rule import training_data_in_label_order
from wellfit.rules.data.training_samples_in_validation.rule import training_samples_in_validation
from wellfit.rules.data.unscaled_inputs.rule import unscaled_inputs
from wellfit.rules.eval.dropout_alive_in_eval.rule import dropout_alive_in_eval
from wellfit.rules.eval.evaluation_in_train_mode.rule import evaluation_in_train_mode
from wellfit.rules.eval.metric_imperfect_for_perfect_answers.rule import metric_imperfect_for_perfect_answers
from wellfit.rules.eval.score_averaged_over_batches.rule import score_averaged_over_batches
from wellfit.rules.fit.inputs_make_no_difference.rule import inputs_make_no_difference
from wellfit.rules.fit.loss_pushed_upwards.rule import loss_pushed_upwards
from wellfit.rules.fit.one_batch_not_learned.rule import one_batch_not_learned
from wellfit.rules.init.constant_init.rule import constant_init
from wellfit.rules.init.first_loss_above_theory.rule import first_loss_above_theory
from wellfit.rules.init.outputs_start_off_target.rule import outputs_start_off_target
from wellfit.rules.loop.eval_mode_never_undone.rule import eval_mode_never_undone
from wellfit.rules.loop.gradients_not_cleared.rule import gradients_not_cleared
from wellfit.rules.loop.step_before_backward.rule import step_before_backward
from wellfit.rules.loop.training_in_eval_mode_from_start.rule import training_in_eval_mode_from_start
from wellfit.rules.loop.zero_grad_between_backward_and_step.rule import zero_grad_between_backward_and_step
from wellfit.rules.loss.broadcast_in_loss.rule import broadcast_in_loss
from wellfit.rules.loss.log_softmax_before_cross_entropy.rule import log_softmax_before_cross_entropy
from wellfit.rules.loss.logits_to_bce.rule import logits_to_bce
from wellfit.rules.loss.loss_detached.rule import loss_detached
from wellfit.rules.loss.nll_loss_without_log_probabilities.rule import nll_loss_without_log_probabilities
from wellfit.rules.loss.sigmoid_before_bce_with_logits.rule import sigmoid_before_bce_with_logits
from wellfit.rules.loss.softmax_before_cross_entropy.rule import softmax_before_cross_entropy
from wellfit.rules.model.answer_depends_on_batch_size.rule import answer_depends_on_batch_size
from wellfit.rules.model.batch_first_mixup.rule import batch_first_mixup
from wellfit.rules.model.graph_cut.rule import graph_cut
from wellfit.rules.model.layers_in_python_container.rule import layers_in_python_container
from wellfit.rules.model.samples_see_each_other.rule import samples_see_each_other
from wellfit.rules.model.sees_what_it_predicts.rule import sees_what_it_predicts
from wellfit.rules.model.softmax_over_the_batch.rule import softmax_over_the_batch
from wellfit.rules.model.view_instead_of_permute.rule import view_instead_of_permute
from wellfit.rules.numerics.first_nonfinite_tensor.rule import first_nonfinite_tensor
from wellfit.rules.numerics.nonfinite_input.rule import nonfinite_input
from wellfit.rules.optim.adam_with_l2.rule import adam_with_l2
from wellfit.rules.optim.full_rate_before_warmup.rule import full_rate_before_warmup
from wellfit.rules.optim.learning_rate_too_high.rule import learning_rate_too_high
from wellfit.rules.optim.learning_rate_too_low.rule import learning_rate_too_low
from wellfit.rules.optim.learning_rate_zero.rule import learning_rate_zero
from wellfit.rules.optim.lr_scale_ignored.rule import lr_scale_ignored
from wellfit.rules.optim.nothing_trains.rule import nothing_trains
from wellfit.rules.optim.optimizer_holds_idle_parameters.rule import optimizer_holds_idle_parameters
from wellfit.rules.optim.parameters_not_in_optimizer.rule import parameters_not_in_optimizer
from wellfit.rules.optim.plateau_mode_reversed.rule import plateau_mode_reversed
from wellfit.rules.optim.rate_rises_after_decay.rule import rate_rises_after_decay
from wellfit.rules.optim.schedule_in_wrong_unit.rule import schedule_in_wrong_unit
from wellfit.rules.optim.schedule_longer_than_run.rule import schedule_longer_than_run
from wellfit.rules.optim.schedule_never_stepped.rule import schedule_never_stepped
from wellfit.rules.optim.schedule_shorter_than_run.rule import schedule_shorter_than_run
from wellfit.rules.optim.stale_parameters_in_optimizer.rule import stale_parameters_in_optimizer
from wellfit.rules.optim.warmup_multiplied_by_decay.rule import warmup_multiplied_by_decay
from wellfit.rules.repro.same_seed_different_run.rule import same_seed_different_run
from wellfit.rules.repro.state_lost_on_save.rule import state_lost_on_save

RULES: tuple[Rule, ...] = (
    one_batch_not_learned,
    loss_pushed_upwards,
    inputs_make_no_difference,
    softmax_before_cross_entropy,
    log_softmax_before_cross_entropy,
    nll_loss_without_log_probabilities,
    sigmoid_before_bce_with_logits,
    logits_to_bce,
    broadcast_in_loss,
    loss_detached,
    gradients_not_cleared,
    zero_grad_between_backward_and_step,
    step_before_backward,
    eval_mode_never_undone,
    training_in_eval_mode_from_start,
    parameters_not_in_optimizer,
    stale_parameters_in_optimizer,
    nothing_trains,
    optimizer_holds_idle_parameters,
    schedule_in_wrong_unit,
    schedule_never_stepped,
    learning_rate_zero,
    adam_with_l2,
    learning_rate_too_high,
    learning_rate_too_low,
    rate_rises_after_decay,
    schedule_longer_than_run,
    schedule_shorter_than_run,
    warmup_multiplied_by_decay,
    plateau_mode_reversed,
    lr_scale_ignored,
    full_rate_before_warmup,
    layers_in_python_container,
    graph_cut,
    view_instead_of_permute,
    softmax_over_the_batch,
    batch_first_mixup,
    answer_depends_on_batch_size,
    samples_see_each_other,
    sees_what_it_predicts,
    constant_init,
    first_loss_above_theory,
    outputs_start_off_target,
    unscaled_inputs,
    training_data_in_label_order,
    training_samples_in_validation,
    evaluation_in_train_mode,
    dropout_alive_in_eval,
    metric_imperfect_for_perfect_answers,
    score_averaged_over_batches,
    nonfinite_input,
    first_nonfinite_tensor,
    same_seed_different_run,
    state_lost_on_save,
)
"""In the order of their ids."""
