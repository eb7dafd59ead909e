"""What is proven of an assignment's hidden checks: in the terminal, and as a page to look at.

Both are pure functions of the proof.
"""

from __future__ import annotations

from pathlib import Path

import msgspec
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from autograder.outputs.compiled import page_environment
from autograder.proof.cases import Case
from autograder.proof.prove import Proof, QuestionProof

TEMPLATE = "proof.html.j2"
COLUMNS = ("checks", "right", "caught", "traps", "carried", "slowest", "tolerances")
"""What stands in a question's row; on the page a sentence says what each is."""


def proof_json(proof: Proof) -> str:
    """The whole proof as one JSON object."""
    return msgspec.json.encode(proof).decode()


def row(question: QuestionProof) -> tuple[str, ...]:
    """A question in a few words, under `COLUMNS`."""
    return (
        str(len(question.checks)),
        _share(question.of("reference", "right")),
        _share(question.of("mistake")),
        _share(question.of("form")),
        _share_of(len(question.carried), sum(bool(one.problem) for one in question.carried)),
        f"{1000 * question.slowest:.0f} ms",
        tolerances(question),
    )


def tolerances(question: QuestionProof) -> str:
    """How far right answers stay below their tolerances, and mistakes above."""
    right, wrong = question.nearest_right, question.nearest_wrong
    below = f"÷{rounded(1 / right)}" if right else ""
    above = f"×{rounded(wrong)}" if wrong else ""
    return " ".join(filter(None, (below, above))) or "–"


def rounded(factor: float) -> str:
    """A factor that is compared with a hundred."""
    return f"{factor:.0f}" if factor < 1e4 else "10⁴+"


def _share(cases: list[Case]) -> str:
    return _share_of(len(cases), sum(bool(case.problem) for case in cases))


def _share_of(count: int, wrong: int) -> str:
    if not count:
        return "–"
    return str(count) if not wrong else f"{count - wrong}/{count}"


def verdict(proof: Proof) -> str:
    """The proof in one sentence."""
    wrong = sum(len(question.problems) for question in proof.questions) + len(proof.problems)
    wrong += sum(not survivor.reason for survivor in proof.survivors)
    if not wrong:
        return "Everything holds."
    return f"{wrong} {'thing does' if wrong == 1 else 'things do'} not hold."


def mutants(proof: Proof) -> str:
    """What became of the mutants, in one sentence."""
    if not proof.mutants:
        return "Mutants of the reference were left out."
    found = proof.mutants - len(proof.survivors)
    explained = sum(bool(survivor.reason) for survivor in proof.survivors)
    rest = len(proof.survivors) - explained
    return (
        f"{proof.mutants} mutants of the reference: {found} are found out, {explained} pass with a "
        f"reason, {rest} without one."
    )


def print_proof(proof: Proof, console: Console) -> None:
    """Print one row a question, and what does not hold."""
    courses = f"{proof.secrets} courses' inputs" if proof.secrets > 1 else "this course's inputs"
    title = f"{proof.assignment}: hidden checks on {courses}"
    table = Table(title=title, title_justify="left", box=box.SIMPLE, padding=(0, 1, 0, 0))
    table.add_column("question", no_wrap=True)
    for heading in COLUMNS:
        table.add_column(heading, justify="right", no_wrap=True)
    for question in proof.questions:
        style = "red" if question.problems else ""
        table.add_row(question.id, *map(escape, row(question)), style=style)
    console.print(table)
    console.print(mutants(proof), highlight=False)
    for problem in proof.problems:
        console.print(f"• {escape(problem)}", highlight=False)
    for question in proof.questions:
        for problem in question.problems:
            console.print(f"• [bold]{question.id}[/bold] {escape(problem)}", highlight=False)
    for survivor in proof.survivors:
        if not survivor.reason:
            console.print(f"• no check notices: {escape(survivor.mutant)}", highlight=False)
    console.print(f"{verdict(proof)} ({proof.seconds:.0f} s)", highlight=False)


def write_proof(proof: Proof, path: Path) -> Path:
    """Write the proof as one self-contained page; returns `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(render_proof(proof), encoding="utf-8")
    return path


def render_proof(proof: Proof) -> str:
    """The proof as HTML; the same proof always gives the same page."""
    environment = page_environment()
    environment.globals |= {"row": row, "columns": COLUMNS, "rounded": rounded}
    return environment.get_template(TEMPLATE).render(
        proof=proof,
        verdict=verdict(proof),
        mutants=mutants(proof),
        unexplained=[each for each in proof.survivors if not each.reason],
        reasons=_by_reason(proof),
    )


def _by_reason(proof: Proof) -> dict[str, list[str]]:
    """The mutants that may pass, under the reasons for it."""
    found: dict[str, list[str]] = {}
    for survivor in proof.survivors:
        if survivor.reason:
            found.setdefault(survivor.reason, []).append(survivor.mutant)
    return found
