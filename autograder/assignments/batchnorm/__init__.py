"""Fully connected nets and batch normalization."""

from autograder.assignment import Settings
from autograder.assignments.batchnorm import figures, forms, records

SETTINGS = Settings(
    # Students work offline; the licence asks to travel with the data.
    ships=("datasets/fashion_mnist.npz", "datasets/LICENSE.fashion-mnist"),
    warm=("support.data:load", "support.visible_batchnorm:figure_batches"),
    records=records,
    fills=forms.filled,
    figures=figures.figures,
)
