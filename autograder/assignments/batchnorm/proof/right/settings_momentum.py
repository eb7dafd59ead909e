"""Plain steps with momentum in place of Adam."""

settings = dict(
    hidden_dim=100, epochs=10, batch_size=100, learning_rate=3e-2, lr_decay=0.9,
    weight_scale=3e-2, reg=1e-4, update_rule="sgd_momentum",
)  # fmt: skip
