"""The explicit tuple of all rules: one import line and one tuple line each."""

from wellfit.model.rule import Rule
from wellfit.rules.data.training_data_in_label_order.rule import training_data_in_label_order
from wellfit.rules.loop.gradients_not_cleared.rule import gradients_not_cleared
from wellfit.rules.loop.step_before_backward.rule import step_before_backward
from wellfit.rules.loop.zero_grad_between_backward_and_step.rule import zero_grad_between_backward_and_step
from wellfit.rules.loss.softmax_before_cross_entropy.rule import softmax_before_cross_entropy

RULES: tuple[Rule, ...] = (
    softmax_before_cross_entropy,
    gradients_not_cleared,
    zero_grad_between_backward_and_step,
    step_before_backward,
    training_data_in_label_order,
)
"""In the order of their ids."""
