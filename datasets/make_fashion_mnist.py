"""Make datasets/fashion_mnist.npz, the grading images and manifest.json from Fashion-MNIST.

    python datasets/make_fashion_mnist.py IDX_FOLDER

IDX_FOLDER holds the four files as published (``train-images-idx3-ubyte.gz`` …), for instance
from Debian's package ``dataset-fashion-mnist``. The same input always gives the same bytes.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import struct
import sys
import zipfile
from pathlib import Path

import numpy as np

SEED = 231
CLASSES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
PER_CLASS = {"train": 500, "val": 100, "test": 100, "grading": 200}
ROOT = Path(__file__).resolve().parents[1]
EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time a zip entry can carry


def read_idx(path: Path) -> np.ndarray:
    """Return the uint8 array of a gzipped IDX file."""
    data = gzip.decompress(path.read_bytes())
    rank = data[3]
    if data[:3] != b"\0\0\x08":
        raise ValueError(f"{path.name} is not an IDX file of bytes")
    shape = struct.unpack(f">{rank}I", data[4 : 4 + 4 * rank])
    return np.frombuffer(data, np.uint8, offset=4 + 4 * rank).reshape(shape)


def first_copies(images: np.ndarray, seen: set[bytes]) -> np.ndarray:
    """Return the indices of pictures not met before, so that no picture is in two splits."""
    fresh = []
    for index, image in enumerate(images):
        key = image.tobytes()
        if key not in seen:
            seen.add(key)
            fresh.append(index)
    return np.array(fresh)


def balanced(labels: np.ndarray, pool: np.ndarray, counts: list[int], rng: np.random.RandomState):
    """Return disjoint index arrays, one a count, in which every ten neighbours are ten classes.

    So the first thousand images of a split are as balanced as all of it.
    """
    by_class = [rng.permutation(pool[labels[pool] == c]) for c in range(len(CLASSES))]
    start, splits = 0, []
    for count in counts:
        rounds = np.stack([members[start : start + count] for members in by_class], axis=1)
        splits.append(np.concatenate([rng.permutation(row) for row in rounds]))
        start += count
    return splits


def write_npz(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """Write like np.savez_compressed, but with fixed times so that equal arrays are equal bytes."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, array in arrays.items():
            entry = zipfile.ZipInfo(f"{name}.npy", EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            buffer = io.BytesIO()
            np.lib.format.write_array(buffer, np.ascontiguousarray(array), version=(1, 0))
            archive.writestr(entry, buffer.getvalue(), compresslevel=9)


def describe(path: Path, arrays: dict[str, np.ndarray], origin: str) -> dict[str, object]:
    """Return the manifest's entry for one file."""
    return {
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "bytes": path.stat().st_size,
        "arrays": {
            name: {"shape": list(array.shape), "dtype": str(array.dtype)}
            for name, array in arrays.items()
        },
        "licence": "MIT, (c) 2017 Zalando SE",
        "origin": origin,
    }


def main(folder: Path) -> None:
    """Read the four published files and write what ships."""
    x = {part: read_idx(folder / f"{part}-images-idx3-ubyte.gz") for part in ("train", "t10k")}
    y = {part: read_idx(folder / f"{part}-labels-idx1-ubyte.gz") for part in ("train", "t10k")}
    seen: set[bytes] = set()
    pools = {part: first_copies(x[part], seen) for part in ("train", "t10k")}
    rng = np.random.RandomState(SEED)
    counts = PER_CLASS
    train, val = balanced(y["train"], pools["train"], [counts["train"], counts["val"]], rng)
    test, grading = balanced(y["t10k"], pools["t10k"], [counts["test"], counts["grading"]], rng)
    shipped = {
        "x_train": x["train"][train],
        "y_train": y["train"][train],
        "x_val": x["train"][val],
        "y_val": y["train"][val],
        "x_test": x["t10k"][test],
        "y_test": y["t10k"][test],
    }
    kept = {"x": x["t10k"][grading], "y": y["t10k"][grading]}
    files = {
        "datasets/fashion_mnist.npz": (
            shipped,
            "Fashion-MNIST, Xiao, Rasul & Vollgraf 2017; train and val from its training file, "
            "test from its test file",
        ),
        "autograder/assignments/batchnorm/checks/grading_images.npz": (
            kept,
            "Fashion-MNIST, its test file, none of the pictures in datasets/fashion_mnist.npz",
        ),
    }
    path = ROOT / "datasets/manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))  # the archives to fetch stay
    for name, (arrays, origin) in files.items():
        write_npz(ROOT / name, arrays)
        manifest["files"][name] = describe(ROOT / name, arrays, origin)
    script = str(Path(__file__).resolve().relative_to(ROOT))
    manifest["made_with"] = {"script": script, "seed": SEED, "classes": CLASSES}
    path.write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
