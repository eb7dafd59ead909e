"""Where hidden inputs come from, and that keeping some of them changes no number."""

from __future__ import annotations

import numpy as np

from autograder.checking.inputs import hidden_generator, made_once, reseeded_generator

SECRET = b"of these tests"


def test_a_generator_that_is_seeded_anew_gives_the_same_numbers() -> None:
    expected = hidden_generator(SECRET, "q", "a").standard_normal(5)
    for drawn in (3, 0):  # an odd number leaves half of a pair of normal numbers behind
        rng = reseeded_generator(SECRET, "q", "a")
        assert np.array_equal(rng.standard_normal(5), expected)
        rng.standard_normal(drawn)
    assert reseeded_generator(SECRET, "q", "b") is not rng


def test_what_is_kept_is_made_once_and_what_is_drawn_after_it_is_the_same() -> None:
    made = []

    def draws(before: int, what: str = "three") -> tuple[float, ...]:
        rng = hidden_generator(SECRET, "q", "a")
        rng.standard_normal(before)
        kept = made_once(rng, what, lambda: made.append(what) or rng.standard_normal(3))  # type: ignore[func-returns-value]
        return *kept, rng.standard_normal()

    first = draws(0)
    assert draws(0) == first
    assert made == ["three"]
    assert first == tuple(hidden_generator(SECRET, "q", "a").standard_normal(4))
    assert draws(1)[:2] == first[1:3], "of another place of the same generator"
    assert draws(0, "others") == first
    assert made == ["three", "three", "others"]
