"""What a process of ours does first, so that it starts quickly."""

from __future__ import annotations

import sys
from typing import Any


def skip_uri_grammar() -> None:
    """Let jsonschema do without the package that checks URIs, if it is not imported yet.

    nbformat imports jsonschema, which takes `rfc3987_syntax` if JupyterLab has brought it
    along; that builds a parser, for 0.8 s of every process. Notebooks hold no URI to check.
    """
    modules: dict[str, Any] = sys.modules
    modules.setdefault("rfc3987_syntax", None)
