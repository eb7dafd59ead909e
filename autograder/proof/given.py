"""What an assignment gives for its proof beside its mistakes; all of it may be left out.

It lies in the folder `proof/` of the private folder:

    right/*.py      unusual right answers, each file written as a student would write the cells
    __init__.py     FORMS, how forms are filled in; SMALL, sizes for gradients that are measured;
                    NOT_CARRIED, what a mistake costs further on, with the reason
    survivors.toml  mutants of the reference that pass, each with the reason
    caught.json     which checks catch which mistake, as somebody has accepted it

No grade depends on it.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import CodeType
from typing import Any

import msgspec
import numpy as np

from autograder.assignment import Assignment
from autograder.errors import UsageError


class Trap(msgspec.Struct, frozen=True):
    """A wrong value of a form's field, and the name that a check gives it."""

    value: Any
    name: str | None = None


class Form(msgspec.Struct, frozen=True):
    """How a form is filled in rightly, and what is wrong in one field at a time.

    Every trap has to cost exactly one check, and to be called by its name there.
    """

    wrong: Mapping[str, Sequence[Trap]]
    """By field."""
    right: Mapping[str, Any] | None = None
    """The whole form; the reference's variable by default."""
    handed_in: Mapping[str, Sequence[bytes]] = {}
    """Records of the experiments that the form is about, as the assignment's reader takes them."""


class RightAnswer(msgspec.Struct, frozen=True):
    """A file of right answers."""

    name: str
    code: CodeType

    def defined_in(self, names: Mapping[str, Any]) -> dict[str, Any]:
        """Run it in a notebook that holds these names already.

        The namespace is the functions' own, so that they see what is lent in it.
        """
        namespace = {"np": np, **names}
        exec(self.code, namespace)  # noqa: S102 - the assignment's own code
        return namespace


class Given:
    """All that an assignment gives for its proof.

    Args:
        assignment: with a private folder.

    Raises:
        UsageError: some of it cannot be read.
    """

    def __init__(self, assignment: Assignment) -> None:
        assert assignment.folder is not None, "a classic assignment has nothing to prove"
        self._folder = assignment.folder / "proof"
        module = assignment.module("proof") if (self._folder / "__init__.py").exists() else None
        self.forms: Mapping[str, Form] = getattr(module, "FORMS", {})
        self.small: Mapping[str, Any] = getattr(module, "SMALL", {})
        """Globals of check modules, as `test_layer.WIDE`, that are smaller while gradients are
        measured number by number."""
        self.not_carried: Mapping[str, str] = getattr(module, "NOT_CARRIED", {})
        """Reasons, by `question on upstream: mistake`."""
        self.right = tuple(_right(path) for path in sorted(self._folder.glob("right/*.py")))
        self.reasons = _reasons(self._folder / "survivors.toml")
        """Why mutants may pass, by mutant."""
        self.caught = self._accepted()
        """By question and mistake, the checks that catch it."""

    def accept(self, caught: Mapping[str, Mapping[str, Sequence[str]]]) -> Path:
        """Write down which checks catch which mistake; returns the file."""
        self._folder.mkdir(exist_ok=True)
        path = self._folder / "caught.json"
        lines = [
            f"  {json.dumps(question)}: {{\n"
            + ",\n".join(f"    {json.dumps(k)}: {json.dumps(list(v))}" for k, v in some.items())
            + "\n  }"
            for question, some in caught.items()
            if some
        ]
        path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
        return path

    def _accepted(self) -> Mapping[str, Mapping[str, Sequence[str]]]:
        path = self._folder / "caught.json"
        if not path.exists():
            return {}
        try:
            return msgspec.json.decode(path.read_bytes(), type=dict[str, dict[str, list[str]]])
        except ValueError as error:
            raise UsageError(f"{path} cannot be read: {error}.") from error


def _right(path: Path) -> RightAnswer:
    try:
        code = compile(path.read_text(encoding="utf-8"), str(path), "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        raise UsageError(f"{path} does not compile: {error}.") from error
    return RightAnswer(path.stem, code)


class _Reason(msgspec.Struct, forbid_unknown_fields=True):
    says: str
    mutants: list[str]


class _Reasons(msgspec.Struct, forbid_unknown_fields=True):
    reason: list[_Reason] = []


def _reasons(path: Path) -> Mapping[str, str]:
    if not path.exists():
        return {}
    try:
        read = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), _Reasons)
    except ValueError as error:  # msgspec's and tomllib's errors are ValueErrors
        raise UsageError(f"{path} cannot be read: {error}.") from error
    return {mutant: each.says for each in read.reason for mutant in each.mutants}
