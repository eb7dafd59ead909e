"""Jinja's environments: one for our own pages, and bytecode for those that nbconvert makes anew."""

from __future__ import annotations

from functools import cache

import jinja2
from jinja2.bccache import Bucket, BytecodeCache


class Compiled(BytecodeCache):
    """Bytecode by template; Jinja asks itself whether the source is still the same."""

    def __init__(self) -> None:
        self._known: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give what is known of a template."""
        if (code := self._known.get(bucket.key)) is not None:
            bucket.bytecode_from_string(code)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled."""
        self._known[bucket.key] = bucket.bytecode_to_string()


COMPILED = Compiled()


@cache
def page_environment(folder: str = ".") -> jinja2.Environment:
    """What renders a page of this package, made once; whatever a page shows is escaped.

    Args:
        folder: of the templates, in this package.
    """
    return jinja2.Environment(
        loader=jinja2.PackageLoader("autograder.outputs", folder),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
