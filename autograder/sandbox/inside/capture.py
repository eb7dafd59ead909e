"""What cells print, show and raise, kept as nbformat output dicts and capped."""

from __future__ import annotations

import io
from typing import Any

HEARD = 1 << 17
"""Characters that are kept of what is printed while a check listens."""
MIMES = ("text/plain", "image/png", "image/jpeg", "text/latex")


class Outputs:
    """The outputs of one cell. What is past a cap is dropped; the cell does not notice."""

    def __init__(self, stream_bytes: int, output_bytes: int) -> None:
        self._stream_bytes, self._output_bytes = stream_bytes, output_bytes
        self.clear()

    def clear(self) -> None:
        """Forget everything, as `clear_output` does; what was used of the caps stays used."""
        self.items: list[dict[str, Any]] = []
        self._pieces: list[str] = []

    def start_cell(self) -> None:
        """Begin a new cell with fresh caps."""
        self.clear()
        self._stream_left, self._left = self._stream_bytes, self._output_bytes

    def write(self, name: str, text: str) -> None:
        """Add text to a stream; text that follows text of the same stream joins it."""
        text = text[: self._stream_left]
        if not text:
            return
        self._stream_left -= len(text)
        last = self.items[-1] if self.items else None
        if last is None or last.get("name") != name:
            self._join()
            self.items.append({"output_type": "stream", "name": name, "text": ""})
        self._pieces.append(text)

    def show(self, data: dict[str, Any], execution_count: int | None = None) -> None:
        """Add a display, or with a count the value of the cell."""
        kept = {mime: data[mime] for mime in MIMES if isinstance(data.get(mime), str)}
        self._left -= sum(len(text) for text in kept.values())
        if not kept or self._left < 0:
            return
        self._join()
        output: dict[str, Any] = {"output_type": "display_data", "data": kept, "metadata": {}}
        if execution_count is not None:
            output |= {"output_type": "execute_result", "execution_count": execution_count}
        self.items.append(output)

    def error(self, name: str, value: str, traceback: list[str]) -> None:
        """Add an error."""
        value, traceback = value[:2000], [line[:20_000] for line in traceback[:50]]
        self._join()
        self.items.append(
            {"output_type": "error", "ename": name, "evalue": value, "traceback": traceback}
        )

    def finish(self) -> list[dict[str, Any]]:
        """Return what the cell has put out."""
        self._join()
        return self.items

    def _join(self) -> None:
        if self._pieces:
            self.items[-1]["text"] = "".join(self._pieces)
            self._pieces = []


class Stream(io.TextIOBase):
    """A sys.stdout or sys.stderr that writes into the current cell's outputs."""

    encoding = "utf-8"
    errors = "replace"

    def __init__(self, outputs: Outputs, name: str) -> None:
        super().__init__()
        self._outputs, self.name = outputs, name

    def writable(self) -> bool:
        """Say yes: this is for writing."""
        return True

    def write(self, text: str) -> int:
        """Keep the text."""
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self._outputs.write(self.name, text)
        return len(text)

    def isatty(self) -> bool:
        """Say no: nobody is watching."""
        return False


class NullStream(Stream):
    """A stream whose text nobody will see: what is printed while a check runs."""

    def __init__(self, name: str) -> None:
        super().__init__(Outputs(0, 0), name)

    def write(self, text: str) -> int:
        """Drop the text."""
        return len(text)


class Listener(Stream):
    """A stream whose text a check has asked for, up to a cap."""

    def __init__(self) -> None:
        outputs = Outputs(HEARD, HEARD)
        super().__init__(outputs, "stdout")
        outputs.start_cell()

    def text(self) -> str:
        """Return what was written."""
        return "".join(item["text"] for item in self._outputs.finish())
