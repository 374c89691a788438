"""Which rule each injected program must break; the guilty line carries the comment `# <- ill`."""

EXPECTED = {
    "autoencoder_detached": "graph-cut",
    "batchnorm_first_tabular_no_norm": "unscaled-inputs",
    "bce_with_sigmoid_constant_init": "constant-init",
    "checkpointed_blocks_blocks_forgotten": "parameters-not-in-optimizer",
    "cnn_batchnorm_dropout_in_eval": "dropout-alive-in-eval",
    "cnn_batchnorm_eval_stays": "eval-mode-never-undone",
    "cnn_batchnorm_no_eval": "evaluation-in-train-mode",
    "cnn_batchnorm_schedule_per_epoch": "schedule-in-wrong-unit",
    "cnn_batchnorm_softmax_layer": "softmax-before-cross-entropy",
    "frozen_backbone_stale_head": "stale-parameters-in-optimizer",
    "gcn_karate_dropout_in_eval": "dropout-alive-in-eval",
    "gcn_karate_raw_scores_to_nll": "nll-loss-without-log-probabilities",
    "grad_accumulation_no_zero_grad": "gradients-not-cleared",
    "grad_accumulation_sigmoid_before_logits": "sigmoid-before-bce-with-logits",
    "implicit_image_loss_rewrapped": "loss-detached",
    "mc_dropout_broadcast": "broadcast-in-loss",
    "mlp_digits_softmax": "softmax-before-cross-entropy",
    "pairwise_ranking_no_zero_grad": "gradients-not-cleared",
    "soft_targets_kl_leak": "training-samples-in-validation",
    "soft_targets_kl_softmax_over_batch": "softmax-over-the-batch",
    "sorted_data_shuffled_not_shuffled": "training-data-in-label-order",
    "time_series_order_broadcast_by_hand": "broadcast-in-loss",
    "transformer_dropout_batch_first": "batch-first-mixup",
    "transformer_dropout_no_zero_grad": "gradients-not-cleared",
    "two_learning_rates_head_forgotten": "parameters-not-in-optimizer",
    "warm_restarts_zeroed_before_step": "zero-grad-between-backward-and-step",
    "zero_init_residual_python_list": "layers-in-python-container",
}

UNSEEN = {
    "lstm_sequence_first_batch_first": "batch-first-mixup",
    "seq2seq_teacher_forcing_softmax_over_batch": "softmax-over-the-batch",
}
"""Bugs that cannot be seen yet: the rule must say `unseen`, never `clear`, and no other rule may speak."""
