"""The private folder of the mini course's assignment."""

from autograder.assignment import Settings

SETTINGS = Settings(ships=("datasets/pictures.npz", "datasets/LICENSE.pictures"))
