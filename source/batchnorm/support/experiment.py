"""Given experiments: they run for you and are left out while the autograder runs the notebook."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from . import calm
from .mode import autograding
from .text import show


class NotRun:
    """What stands in place of the result of an experiment that did not run.

    Whatever builds on it says so in one sentence.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def __repr__(self) -> str:
        return f"<{self._name} has not run>"

    def _tell(self, *_: Any) -> NoReturn:
        raise NotImplementedError(f"It needs {self._name}, which has not run.")

    __getitem__ = __iter__ = __len__ = __call__ = _tell

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("_"):  # such as what IPython asks of everything it shows
            raise AttributeError(name)
        self._tell()


def experiment(run: Callable[[], Any]) -> Any:
    """Run the function below it at once; its name then stands for what it returned.

    Where an answer that it needs is missing or raises, one sentence says so, and the notebook goes
    on.
    """
    result = NotRun(run.__name__)
    if autograding():
        return result
    try:
        return run()
    except NotImplementedError as open_question:
        show(f"{run.__name__} did not run. {open_question}")
    except Exception as error:  # whatever a student's net raises
        show(f"{run.__name__} did not run to its end. {calm.told(error)}")
    return result
