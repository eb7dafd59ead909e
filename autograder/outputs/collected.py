"""What collecting would do, and what it did, as tables in the terminal."""

from __future__ import annotations

from rich.markup import escape
from rich.table import Table

from autograder.outputs.console import Console
from autograder.submission.collecting import Collected, Plan
from autograder.submission.intake import shown

MOST_SAID = 20
DOES = {
    "new": "[green]new[/green]",
    "same": "[dim]there already[/dim]",
    "another": "[yellow]another is there[/yellow]",
    "in the way": "[red]a link or file is in its place[/red]",
}


def print_collecting(plan: Plan, console: Console, *, update: bool) -> None:
    """Print who gets which files, then what is nobody's and what is left out."""
    table = Table(title=f"To submitted/…/{plan.assignment}", title_justify="left")
    for heading in ("from", "student", "files", "handed in (UTC)", ""):
        table.add_column(heading, overflow="fold")
    for own in plan.submissions:
        table.add_row(*_row(own, update))
    if plan.submissions:
        console.print(table)
    _list(console, "Nobody's; not collected", [f"{k} {v}" for k, v in plan.unmatched.items()])
    _list(console, "Left out", plan.left_out)
    if any(own.late and own.at is None for own in plan.submissions):
        console.print(
            "Canvas says late, and not when: where that costs points, write the date into "
            "submitted/…/timestamp.txt, or give a roster with a column timestamp.",
        )


def _row(own: Collected, update: bool) -> tuple[str, ...]:
    called = f"{own.sender.name} {own.sender.number}".strip()
    files = ", ".join(shown(path) for path in list(own.files)[:MOST_SAID]) or "none"
    when = f"{own.at:%Y-%m-%d %H:%M}" if own.at else "late" if own.late else "–"
    does = DOES[own.state]
    if own.state == "another" and update:
        does = "[yellow]replaces another[/yellow]"
    notes = "; ".join([does, *map(escape, own.notes)])
    return escape(shown(called)), escape(own.student), escape(files), when, notes


def _list(console: Console, title: str, lines: list[str]) -> None:
    if lines:
        console.print(f"[bold]{title}[/bold]")
    for line in lines[:MOST_SAID]:
        console.print(f"• {escape(line)}", soft_wrap=True)
    if len(lines) > MOST_SAID:
        console.print(f"• and {len(lines) - MOST_SAID} more")
