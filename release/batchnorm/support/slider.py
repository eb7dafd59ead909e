"""Several pictures under one slider, in plain HTML: it needs no network and no extension.

Where a page runs no scripts, as in a notebook that is not trusted, and on paper, a few of the
pictures stand in a row, and the others unfold below them.
"""

from __future__ import annotations

import hashlib
import html
from collections.abc import Sequence
from typing import NamedTuple

STYLE = """<style>
.frames img {max-width: 100%; height: auto; vertical-align: top}
.frames .live {display: none; max-width: 620px}
.frames.on .live {display: block}
.frames.on .rest > summary {display: none}
.frames.on img {display: none}
.frames.on img.now {display: block}
.frames .live input {width: 100%}
@media print {
  .frames .live, .frames .rest {display: none !important}
  .frames.on img.kept {display: inline-block; width: 32%}
  .frames.on img.now:not(.kept) {display: none}
}
</style>"""
SCRIPT = """<script>
document.querySelectorAll("#ID:not(.on)").forEach(function (box) {
  var images = box.querySelectorAll("img"), input = box.querySelector("input");
  var label = box.querySelector("output");
  function show() {
    images.forEach(function (image) {
      image.classList.toggle("now", image.dataset.place === input.value);
      if (image.dataset.place === input.value) label.textContent = image.title;
    });
  }
  box.querySelector("details").open = true;
  box.classList.add("on");
  input.addEventListener("input", show);
  input.addEventListener("keydown", function (event) { event.stopPropagation(); });
  show();
});
</script>"""


class Frame(NamedTuple):
    """One picture: what the slider stands at, the picture as PNG in base64, and in words."""

    value: str
    png: str
    words: str


def slider(name: str, frames: Sequence[Frame], kept: Sequence[int]) -> str:
    """Return the pictures under a slider, as HTML.

    Args:
        name: what the slider sets, such as "weight scale".
        frames: the pictures in order.
        kept: the places of those that stand in a row where there is no slider.
    """
    digest = hashlib.sha256("".join(frame.png for frame in frames).encode()).hexdigest()[:12]
    row = "".join(_image(frames[place], place, kept=True) for place in kept)
    others = [place for place in range(len(frames)) if place not in kept]
    rest = "".join(_image(frames[place], place, kept=False) for place in others)
    title = html.escape(name)
    last = len(frames) - 1
    live = (
        f'<label class="live">{title} <output>{html.escape(frames[0].value)}</output>'
        f'<input type="range" min="0" max="{last}" value="0" aria-label="{title}"'
        ' data-lm-suppress-shortcuts="true"></label>'
    )
    unfold = f'<details class="rest"><summary>{title}: the others</summary>{rest}</details>'
    body = f'<div class="frames" id="frames-{digest}">{live}{row}{unfold}</div>'
    return STYLE + body + SCRIPT.replace("ID", f"frames-{digest}")


def _image(frame: Frame, place: int, *, kept: bool) -> str:
    kind = ' class="kept"' if kept else ""
    words, value = html.escape(frame.words), html.escape(frame.value)
    source = f"data:image/png;base64,{frame.png}"
    return f'<img{kind} alt="{words}" title="{value}" data-place="{place}" src="{source}">'
