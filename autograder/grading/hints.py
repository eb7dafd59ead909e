"""What helps against an exception, by its type and the student's own text: mostly Python 2."""

from __future__ import annotations

import difflib
import re

MERGE = re.compile(r"^(<<<<<<<|>>>>>>>|=======)(\s|$)", re.MULTILINE)
PRINT = re.compile(r"^\s*print\s+[^\s(=]")
OLD_SYNTAX = re.compile(r"^\s*(except\s+[\w.]+\s*,\s*\w+\s*:|raise\s+\w+\s*,|exec\s+[^\s(=])")
IMPORTED = re.compile(r"^\s*(?:from|import)\s+(\w+)")
DIVISION = re.compile(r"(?<!/)/(?!/)")
MADE_BY_DIVISION = re.compile(r"\b(\w+)\s*=\s*[^=\n#]*(?<!/)/(?!/)")
NUMPY_NAME = re.compile(r"\bnp\.(float|int|bool|object|str|complex|long)\b")
OLD_MODULES = frozenset(
    ["past", "future", "__builtin__", "cPickle", "StringIO", "urllib2", "ConfigParser", "Queue"]
)
OLD_NAMES = {
    "xrange": "range", "raw_input": "input", "unicode": "str", "unichr": "chr", "long": "int",
    "basestring": "str", "reduce": "functools.reduce", "izip": "zip", "file": "open",
}  # fmt: skip
OLD_METHODS = {
    "iteritems": "items", "itervalues": "values", "iterkeys": "keys", "has_key": "in",
}  # fmt: skip
CLOSE = 0.8
"""How alike two names are if one is taken for the other misspelt; 1 is the same."""
MOST_WORDS, LONGEST_NAME = 300, 40
"""Of a function in which a misspelt name is looked for: each pair of names takes time."""
SHOWN_CHARACTERS = 100


def of_syntax(type_name: str, message: str, line: str, source: str) -> str:
    """What helps against a cell that does not compile; else what Python says of it."""
    if MERGE.search(source):
        return (
            "Lines such as `<<<<<<<` and `=======` are left over from a merge: keep one of the "
            "two versions, and take these lines out."
        )
    if PRINT.search(line):
        return "This is Python 2; in Python 3 it is `print(…)`, with brackets."
    if OLD_SYNTAX.search(line):
        return "This is Python 2; Python 3 writes it in another way."
    if type_name == "TabError" or (type_name == "IndentationError" and "\t" in source):
        return "Tabs and spaces are mixed: indent with four spaces everywhere."
    if message.startswith("incomplete input"):
        return "The cell ends too early: a bracket or a quotation mark is not closed."
    said = "".join(c for c in message.split(" (", maxsplit=1)[0] if c.isprintable())
    return f"Python says: {said[:SHOWN_CHARACTERS].strip().rstrip('.')}." if said else ""


def of_import(line: str) -> str:
    """What helps against an import that fails."""
    found = IMPORTED.match(line)
    if found is None:
        return ""
    name = found[1]
    if name in OLD_MODULES:
        return f"`{name}` is of Python 2; take the line out: Python 3 needs none of it."
    return (
        f"`{name}` is not there when your work is graded: "
        "use what the notebook imports, and files that you hand in with it."
    )


def of_name(name: str) -> str:
    """What helps against a name that only Python 2 has."""
    new = OLD_NAMES.get(name)
    return f"`{name}` is of Python 2; in Python 3 it is `{new}`." if new else ""


def of_raised(type_name: str, line: str, source: str) -> str:
    """What helps against an exception in a line of the student's."""
    if type_name == "AttributeError":
        for old, new in OLD_METHODS.items():
            if f".{old}(" in line:
                return f"`{old}` is of Python 2; in Python 3 it is `{new}`."
        if gone := NUMPY_NAME.search(line):
            return f"NumPy has no `np.{gone[1]}` any more; write `{gone[1]}`."
    if type_name in ("TypeError", "IndexError"):
        halves = set(MADE_BY_DIVISION.findall(source)) & set(re.findall(r"\w+", line))
        sizes = re.search(r"reshape|zeros|ones|empty|range|randn|rand|\[|split", line)
        if sizes and (DIVISION.search(line) or halves):
            return "In Python 3 `/` gives a float; sizes and indices are made with `//`."
    return ""


def of_unmade(name: str, function: str) -> str:
    """What to do about a name that a function reads and nobody makes.

    Args:
        name: the name.
        function: the function's source, from its `def` on.
    """
    words = set(re.findall(r"[^\W\d]\w*", function)) - {name, f"d{name}", name.removeprefix("d")}
    few = 3 < len(name) <= LONGEST_NAME and len(words) <= MOST_WORDS
    if few and (like := difflib.get_close_matches(name, words, 1, CLOSE)):
        return f"is `{like[0]}` meant?"
    signature = function.split("):", maxsplit=1)[0]
    if re.search(r"\bcache\b", signature):
        return "take it from the cache."
    return "make it in the function, or give it as an argument."
