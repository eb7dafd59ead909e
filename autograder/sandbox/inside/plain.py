"""Plain values: copies made from exact built-in and NumPy types, of which nothing can run.

An object that claims to be something else (`__class__`, `__array__`, `__eq__`) is no plain
value and stays where it is; so is one that is too large, too deep or contains itself.
"""

from __future__ import annotations

from collections import Counter, OrderedDict, defaultdict
from typing import Any

import numpy as np

from .arrays import block
from .bounds import DEFAULT_LIMITS, DEPTH

MOST_VALUES = 50_000
MOST_CHARACTERS = 800_000
"""Of all text and all whole numbers in one value, as JSON writes them: a header holds 1 MiB."""
_AS_IT_IS = (bool, int, float, str, complex, bytes, type(None))
_DICTS: tuple[type[dict[Any, Any]], ...] = (dict, Counter, OrderedDict, defaultdict)
_COLLECTIONS = (list, tuple, set, frozenset)


class NotPlainError(Exception):
    """This is no plain value."""


def copy(obj: Any) -> Any:
    """Return a copy of a plain value. Raises NotPlainError for anything else."""
    return _Copier().copy(obj, 0)


def crosses(obj: Any) -> bool:
    """Return whether this is a plain value."""
    try:
        copy(obj)
    except NotPlainError:
        return False
    return True


class _Copier:
    def __init__(self) -> None:
        self._values, self._characters = MOST_VALUES, MOST_CHARACTERS

    def copy(self, obj: Any, depth: int) -> Any:
        kind = type(obj)
        if kind in _AS_IT_IS:
            self._count(obj, kind)
            return obj
        if issubclass(kind, np.ndarray):
            return _array(np.ndarray.view(obj, np.ndarray))
        if issubclass(kind, np.generic):
            return self._scalar(obj)
        if kind not in (*_COLLECTIONS, *_DICTS) or depth >= DEPTH:
            raise NotPlainError
        if kind is list and (numbers := block(obj)) is not None:
            return numbers.tolist()
        self._values -= len(obj)
        if self._values < 0:
            raise NotPlainError
        if kind in _DICTS:
            pairs = list(dict.items(obj))
            return {self.copy(k, depth + 1): self.copy(v, depth + 1) for k, v in pairs}
        make: Any = kind
        return make(self.copy(item, depth + 1) for item in obj)

    def _count(self, obj: Any, kind: type) -> None:
        if kind is str:
            self._characters -= len(obj) * (2 if obj.isascii() else 12)
        elif kind is int:
            self._characters -= obj.bit_length() // 4
        if self._characters < 0:
            raise NotPlainError

    def _scalar(self, obj: Any) -> Any:
        value = obj.item()
        if type(value) not in _AS_IT_IS:  # a long double, a date
            value = _array(np.asarray(obj))[()].item()
        self._count(value, type(value))
        return value


def _array(value: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    kind, size = value.dtype.kind, value.dtype.itemsize
    if kind not in "biufcU" or value.ndim > DEFAULT_LIMITS.ndim:
        raise NotPlainError
    if kind == "f" and size > 8:
        return value.astype(np.float64)
    return value.astype(np.complex128) if kind == "c" and size > 16 else value


def frame(obj: Any) -> dict[str, Any]:
    """Return a data frame (anything with `columns` and `index`) as its columns.

    `{"columns": {name: values}, "index": values}`, the values as arrays or lists.
    """
    columns = {_scalar(name): _column(obj[name]) for name in list(obj.columns)}
    return {"columns": columns, "index": _column(obj.index)}


def _column(values: Any) -> Any:
    array = np.asarray(values)
    if array.dtype.kind in "biufcU":
        return array
    return [_scalar(value) for value in array.tolist()]


def _scalar(value: Any) -> Any:
    """A plain value as it is; anything else as text, as a table would show it."""
    return value if crosses(value) else str(value)


def figure(obj: Any) -> list[dict[str, Any]]:
    """Return what a Matplotlib figure shows, one entry for each of its axes.

    `obj` is a figure, axes, something drawn in axes, or None for the current figure. An entry
    has `title`, `xlabel`, `ylabel`, `xscale`, `yscale`, `legend` (texts), `lines`
    (x, y, label), `points` (of scatter plots), `bars` (x, width, height) and `images`.
    """
    import matplotlib.pyplot as plt  # noqa: PLC0415 - few answers are figures

    drawn = plt.gcf() if obj is None else obj
    axes = getattr(drawn, "axes", None)
    if axes is None or not isinstance(axes, list):
        axes = [axes if axes is not None else drawn]
    try:
        return [_axes(one) for one in axes]
    finally:
        plt.close("all")  # as after a cell: the next call draws on an empty figure


def _axes(axes: Any) -> dict[str, Any]:
    legend = axes.get_legend()
    bars = [p for p in axes.patches if hasattr(p, "get_height") and hasattr(p, "get_width")]
    return {
        "title": str(axes.get_title()),
        "xlabel": str(axes.get_xlabel()),
        "ylabel": str(axes.get_ylabel()),
        "xscale": str(axes.get_xscale()),
        "yscale": str(axes.get_yscale()),
        "legend": [] if legend is None else [str(text.get_text()) for text in legend.get_texts()],
        "lines": [
            {"x": _column(x), "y": _column(y), "label": str(line.get_label())}
            for line in axes.get_lines()
            for x, y in [line.get_data()]
        ],
        "points": [np.asarray(c.get_offsets(), dtype=np.float64) for c in axes.collections],
        "bars": [
            {"x": float(p.get_x()), "width": float(p.get_width()), "height": float(p.get_height())}
            for p in bars
        ],
        "images": [np.asarray(image.get_array()) for image in axes.get_images()],
    }
