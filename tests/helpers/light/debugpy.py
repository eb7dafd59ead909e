"""Stands before the package of this name, and is not there.

A kernel imports it, for a tenth of a second each, in case somebody debugs a cell.
"""

raise ImportError("tests do without it")
