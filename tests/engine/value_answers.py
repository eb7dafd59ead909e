"""Answers that take, return, print, raise and draw whatever can cross."""

from __future__ import annotations

import importlib.util

from autograder.checking.answers import Declared, Returned, returned

SOURCE = """
import numpy as np
from collections import Counter, OrderedDict, defaultdict, namedtuple

class Empty(LookupError):
    pass

def same(x):
    return x

def nothing(x):
    print("nothing with", x)

def types(x):
    return type(x).__name__

def hundred():
    return {f"key {n}": n for n in range(100)}

def many():
    return tuple(range(65))

def by_number():
    return {1: "one", -7: [2.5, None]}

def by_pair():
    return {(1, "a"): {2, 3}, (0, ()): b"x"}

def large():
    return 2**70

def counted():
    return Counter("abracadabra")

def grouped():
    groups = defaultdict(list)
    groups[1].append(2)
    return groups

def greet(name, *, loud=False):
    print("Hello,", name.upper() if loud else name)
    return name

def fails(kind):
    if kind == "own":
        raise Empty("hidden")
    raise {"value": ValueError, "zero": ZeroDivisionError}[kind]("hidden")

def count(limit):
    n = 0
    while n < limit:
        yield n
        n += 1

def state():
    return {"a": 1}, 2

def read(state):
    return state[0]["a"] + state[1]

def change(d):
    d[(1, 2)] = d.pop(3)
    d["list"] = [1, 2]

def plot(x):
    import matplotlib.pyplot as plt
    plt.plot(x, x * x, label="square")
    plt.title("A square")
    plt.xlabel("x")
    plt.legend()

class Box:
    kind = ("box", 3)

    def __init__(self, *, size=1):
        self.size = size

    def grow(self, by, *, times=1):
        self.size += by * times
        return self.size

    def clear(self):
        self.size = 0
pair = ("a", 1)
"""
FRAME = """
import pandas as pd
def table(n):
    return pd.DataFrame(
        {"size": np.arange(n) * 1.5, "name": ["a", None, "c"][:n], "when": ["x", "y", "z"][:n]},
        index=["r1", "r2", "r3"][:n],
    )
def gaps():
    return pd.DataFrame({"size": [1.0, None]})
"""
RETURNS = {
    "same": "x: value", "nothing": "", "types": "kind: text", "hundred": "entries: dict",
    "many": "numbers: value", "by_number": "entries: dict", "by_pair": "entries: dict",
    "large": "number: value", "counted": "counts{}", "grouped": "groups{}", "greet": "name: text",
    "fails": "x: value", "count": "numbers: iterator", "state": "state*", "read": "sum: number",
    "change": "", "plot": "plot: figure", "table": "table: frame", "gaps": "table: frame",
}  # fmt: skip
ANSWERS = {name: Declared(name, "function", returned(text)) for name, text in RETURNS.items()}
ANSWERS["pair"] = Declared("pair", "variable", (Returned("pair", "value"),))
ANSWERS["Box"] = Declared(
    "Box",
    "class",
    methods={
        ("grow", 1): returned("size: number"),
        ("grow", 2): returned("size: number"),
        ("clear", 0): (),
    },
    attributes={"size": Returned("size", "number"), "kind": Returned("kind", "value")},
)
PANDAS = importlib.util.find_spec("pandas") is not None
CODE = (SOURCE + (FRAME if PANDAS else "")).lstrip()
