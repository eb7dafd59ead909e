"""What the course staff has to know about our own failures, and no student may see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path


def write_staff_notes(notes: Mapping[str, Sequence[str]], path: Path) -> None:
    """Write what students must not see where only the staff can read it."""
    path.unlink(missing_ok=True)
    if notes:
        path.touch(mode=0o600)
        texts = [f"{name}: {note.rstrip()}\n" for name, own in notes.items() for note in own]
        path.write_text("\n".join(texts), encoding="utf-8")
