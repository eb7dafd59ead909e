"""Pictures and labels, ready for training."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]
ADVICE = "It ships with the assignment: keep the folder datasets where the notebook is."
Raw = dict[str, npt.NDArray[np.uint8]]

FASHION_CLASSES = (
    *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
    *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
)
CIFAR_CLASSES = (
    *("airplane", "automobile", "bird", "cat", "deer"),
    *("dog", "frog", "horse", "ship", "truck"),
)


class NoDataError(FileNotFoundError):
    """The pictures are not there. A notebook shows the sentence and no traceback."""

    def _render_traceback_(self, *_: Any) -> list[str]:
        """Return what IPython prints in place of a traceback."""
        return [str(self)]


@dataclass(frozen=True)
class Data:
    """One data set. Pictures are float32 with the training mean picture subtracted.

    Attributes:
        x_train, x_val, x_test: (N, *picture), (N, 28, 28) for Fashion-MNIST.
        y_train, y_val, y_test: (N,) integers, the class of each picture.
        mean_image: (*picture), what was subtracted.
        classes: the name of each class.
    """

    x_train: FloatArray
    y_train: Labels
    x_val: FloatArray
    y_val: Labels
    x_test: FloatArray
    y_test: Labels
    mean_image: FloatArray
    classes: tuple[str, ...]

    @property
    def input_dim(self) -> int:
        """How many numbers make one picture: 784 for Fashion-MNIST."""
        return int(np.prod(self.mean_image.shape))

    def first(self, n: int) -> Data:
        """Return the same data with only the first `n` training pictures."""
        return replace(self, x_train=self.x_train[:n], y_train=self.y_train[:n])

    def one_of_each(self) -> FloatArray:
        """Return the first training picture of each class."""
        first = [int(np.argmax(self.y_train == label)) for label in range(len(self.classes))]
        return self.x_train[first]

    def pixels(self, x: FloatArray) -> FloatArray:
        """Return pictures as they looked before the mean was subtracted, to show them."""
        return x + self.mean_image


def load(
    name: str = "fashion_mnist", *, raw: bool = False, folder: Path | str | None = None
) -> Data:
    """Load a data set from the `datasets` folder beside the notebook, or above it.

    Args:
        name: "fashion_mnist" (ships with the assignment: 5,000 training, 1,000 validation and
            1,000 test pictures, as many of each class) or "cifar10" (the official batches, if
            somebody put them there: 49,000, 1,000 and 10,000 pictures).
        raw: leave pixels between 0 and 255. By default they are divided by 255, without which
            the first layer sees inputs a hundred times too large.
        folder: where the files are, if not in a `datasets` folder.

    Raises:
        ValueError: there is no data set of that name.
        NoDataError: its files are not there; the message says what to do.
    """
    if name not in ("fashion_mnist", "cifar10"):
        raise ValueError(f"There is no data set {name!r}: take 'fashion_mnist' or 'cifar10'.")
    folders = [Path(folder)] if folder is not None else list(_dataset_folders(Path.cwd()))
    if name == "cifar10":
        return _prepare(_read_cifar10(folders), CIFAR_CLASSES, raw)
    path = _find(folders, "fashion_mnist.npz", ADVICE)
    return _prepare(_unpacked(path, path.stat().st_mtime_ns), FASHION_CLASSES, raw)


@lru_cache(maxsize=1)
def _unpacked(path: Path, version: int) -> Raw:
    """Return a file's arrays, which nobody changes; to unpack them takes longer than the rest."""
    with np.load(path) as arrays:
        return dict(arrays)


def _dataset_folders(start: Path) -> Iterator[Path]:
    """Yield every place a `datasets` folder may be, the nearest first."""
    for folder in (start, *start.parents):
        yield folder / "datasets"


def _find(folders: list[Path], name: str, advice: str) -> Path:
    for folder in folders:
        if (folder / name).exists():
            return folder / name
    raise NoDataError(f"datasets/{name} is not beside this notebook. {advice}")


def _prepare(arrays: Raw, classes: tuple[str, ...], raw: bool) -> Data:
    scale = 1 if raw else 255
    mean_image = (arrays["x_train"].mean(axis=0) / scale).astype(np.float32)
    x, y = {}, {}
    for split in ("train", "val", "test"):
        x[split] = np.divide(arrays[f"x_{split}"], scale, dtype=np.float32)
        x[split] -= mean_image
        y[split] = arrays[f"y_{split}"].astype(np.int64)
    return Data(
        x_train=x["train"],
        y_train=y["train"],
        x_val=x["val"],
        y_val=y["val"],
        x_test=x["test"],
        y_test=y["test"],
        mean_image=mean_image,
        classes=classes,
    )


def _read_cifar10(folders: list[Path]) -> Raw:
    """Return CIFAR-10: of its 50,000 training pictures the last 1,000 are for validation."""
    advice = "Unpack CIFAR-10's Python archive in the folder datasets."
    home = _find(folders, "cifar-10-batches-py", advice)
    batches = [_read_batch(home / f"data_batch_{i}") for i in range(1, 6)]
    x = np.concatenate([pictures for pictures, _ in batches])
    y = np.concatenate([labels for _, labels in batches])
    x_test, y_test = _read_batch(home / "test_batch")
    return {
        **{"x_train": x[:-1000], "y_train": y[:-1000]},
        **{"x_val": x[-1000:], "y_val": y[-1000:]},
        **{"x_test": x_test, "y_test": y_test},
    }


def _read_batch(path: Path) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    with path.open("rb") as file:
        batch = _ArraysOnly(file, encoding="bytes").load()
    return batch[b"data"].reshape(-1, 3, 32, 32), np.array(batch[b"labels"], np.uint8)


class _ArraysOnly(pickle.Unpickler):
    """An unpickler that makes arrays and nothing else: a pickle could run any program."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("numpy", "ndarray"):
            return np.ndarray
        if (module, name) == ("numpy", "dtype"):
            # The archive of 2009 writes 0 for False, which new versions of NumPy warn about.
            return lambda code, align=0, copy=0: np.dtype(code, bool(align), bool(copy))
        if module.endswith("core.multiarray") and name == "_reconstruct":
            return np.ndarray.__new__
        raise pickle.UnpicklingError(f"{module}.{name} has no place in a file of pictures.")
