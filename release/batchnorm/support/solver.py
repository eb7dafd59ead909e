"""Train a network: draw a batch, take the gradient, update, look how well it does, repeat."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from .data import Data
from .gradient_check import Model
from .optim import RULES, Config
from .progress import progress
from .text import show

Array = npt.NDArray[Any]
CHECKED = 1000  # pictures that an epoch's training accuracy is measured on
CHUNK = 500  # pictures that go through the network at once


def predict(model: Model, X: Array) -> npt.NDArray[np.int64]:
    """Return the class of the largest score for each row of X (N, ...), as (N,) integers."""
    parts = [np.argmax(model.loss(X[i : i + CHUNK]), axis=1) for i in range(0, len(X), CHUNK)]
    return np.concatenate(parts)


def accuracy(model: Model, X: Array, y: Array) -> float:
    """Return the fraction of rows of X that the model puts in the right class."""
    return float(np.mean(predict(model, X) == y))


class Solver:
    """Trains `model` on `data`; everything seen on the way stays in its attributes.

    Attributes:
        loss_history: the loss of each batch, one float an iteration.
        train_acc_history, val_acc_history: one fraction an epoch. The training accuracy is
            measured on the first 1,000 training pictures.
        best_val_acc, best_params: the best epoch by validation accuracy, and a copy of its
            parameters.
        diverged_at: the iteration, counted from 1, whose loss was not finite; else None.
    """

    def __init__(
        self,
        model: Model,
        data: Data,
        *,
        update_rule: str = "sgd",
        learning_rate: float = 1e-2,
        lr_decay: float = 1.0,
        batch_size: int = 100,
        epochs: int = 10,
        optim_config: Config | None = None,
        label: str = "training",
        show: bool = True,
        watch: bool = True,
    ) -> None:
        """Prepare a training.

        Args:
            model: a network with `params` and `loss(X, y=None)`.
            data: x_train, y_train, x_val and y_val are used.
            update_rule: a name in `optim.RULES`: sgd, sgd_momentum, rmsprop, adam.
            learning_rate: of the first epoch.
            lr_decay: the learning rate is multiplied by this after each epoch.
            batch_size: pictures a batch.
            epochs: how often as many pictures are drawn as there are.
            optim_config: further settings of the update rule, such as momentum.
            label: stands before the progress bar.
            show: whether to show the bar and to say when training stops early.
            watch: whether to measure accuracies after each epoch.

        Raises:
            ValueError: there is no update rule of that name.
        """
        if update_rule not in RULES:
            raise ValueError(
                f"There is no update rule {update_rule!r}: take one of {', '.join(RULES)}."
            )
        self.model, self.data = model, data
        self.update_rule, self.batch_size, self.epochs = update_rule, batch_size, epochs
        self.learning_rate, self.lr_decay = learning_rate, lr_decay
        self.label, self.show, self.watch = label, show, watch
        self.optim_config = dict(optim_config or {})
        self.loss_history: list[float] = []
        self.train_acc_history: list[float] = []
        self.val_acc_history: list[float] = []
        self.best_val_acc = 0.0
        self.best_params: dict[str, Array] = {}
        self.diverged_at: int | None = None
        self._rate = learning_rate
        self._memory: dict[str, Config] = {}

    @property
    def iterations_per_epoch(self) -> int:
        """How many batches make an epoch, at least 1."""
        return max(len(self.data.x_train) // self.batch_size, 1)

    @property
    def settings(self) -> dict[str, Any]:
        """Everything needed to repeat this training, but the network and the seed."""
        return {
            "update_rule": self.update_rule,
            "learning_rate": self.learning_rate,
            "lr_decay": self.lr_decay,
            "batch_size": self.batch_size,
            "epochs": self.epochs,
            "num_train": len(self.data.x_train),
            **self.optim_config,
        }

    def train(self, iterations: int | None = None) -> Solver:
        """Train for `epochs` epochs, or stop after `iterations` batches if that comes first.

        A loss that is not finite stops the training with one sentence: it would never recover.

        Returns:
            Itself, so that ``Solver(...).train()`` can be kept.
        """
        limit = math.inf if iterations is None else iterations
        bar = progress(range(1, self.epochs + 1), self.label, show=self.show)
        # A learning rate that is too large overflows on its way to infinity. That is a result
        # here, told by `diverged_at`, and no reason for a page of warnings.
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            for _ in bar:
                for _ in range(self.iterations_per_epoch):
                    if len(self.loss_history) >= limit:
                        return self
                    self._step()
                    if self.diverged_at is not None:
                        self._tell_divergence()
                        return self
                self._rate *= self.lr_decay
                if self.watch:
                    bar.set_postfix_str(self._measure())
        return self

    def _step(self) -> None:
        """Draw a batch and follow its gradient."""
        batch = np.random.choice(len(self.data.x_train), self.batch_size)
        loss, gradients = self.model.loss(self.data.x_train[batch], self.data.y_train[batch])
        self.loss_history.append(float(loss))
        if not math.isfinite(float(loss)):
            self.diverged_at = len(self.loss_history)
            return
        rule = RULES[self.update_rule]
        for name, parameter in self.model.params.items():
            config = self._memory.get(name, self.optim_config) | {"learning_rate": self._rate}
            following, memory = rule(parameter, gradients[name], config)
            self.model.params[name], self._memory[name] = following, memory

    def _measure(self) -> str:
        """Note both accuracies, remember the best parameters, return a few words about it."""
        data = self.data
        train = accuracy(self.model, data.x_train[:CHECKED], data.y_train[:CHECKED])
        val = accuracy(self.model, data.x_val, data.y_val)
        self.train_acc_history.append(train)
        self.val_acc_history.append(val)
        if val > self.best_val_acc or not self.best_params:
            self.best_val_acc = val
            self.best_params = {name: p.copy() for name, p in self.model.params.items()}
        return f"loss {self.loss_history[-1]:.3f}, validation {val:.3f}"

    def _tell_divergence(self) -> None:
        if self.show:
            show(
                f"{self.label}: stopped at iteration {self.diverged_at}, because the loss is "
                f"{self.loss_history[-1]}. Smaller steps or smaller weights keep it finite."
            )
