"""What the visible checks say to natural mistakes: a table that people can read, and its making.

    python tests/assignments/batchnorm/natural_mistakes.py

writes data/natural_mistakes.md anew. Numbers in sentences stand as `#`, so that the last digit of
a machine does not matter. Most mistakes are the grader's own named ones; the others are edits of
the solved answers, as somebody makes them who is tired.
"""

# ruff: noqa: E501 - one mistake a line

from __future__ import annotations

import os
import re
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

from check_runs import MISTAKES
from student_folder import SECOND, SOURCE, code, run, until

from autograder.assignments.batchnorm import reference

TABLE = Path(__file__).parent / "data" / "natural_mistakes.md"
FIRST = SOURCE / "fully_connected_nets.ipynb"
FIRST_QUESTIONS = (
    *("affine_forward", "affine_backward", "relu_forward", "relu_backward"),
    *("two_layer_net", "fully_connected_net"),
)
SECOND_QUESTIONS = (
    *("batchnorm_forward", "batchnorm_backward", "batchnorm_backward_alt", "batchnorm_net"),
)
BATCHNORM = SECOND_QUESTIONS[:3]
STORED = 'bn_param["running_mean"] = momentum * running_mean + (1 - momentum) * mean'
UNANSWERED = "raise NotImplementedError('batchnorm_backward is not answered yet.')"


class Edit(NamedTuple):
    """A solved answer in which one thing is replaced."""

    question: str
    name: str
    old: str
    new: str


EDITS = (
    Edit("affine_forward", "return forgotten", "    return out, cache", ""),
    Edit("affine_forward", "cache not returned", "return out, cache", "return out"),
    Edit("affine_forward", "w transposed", "@ w + b", "@ w.T + b"),
    Edit("affine_forward", "text returned", "return out, cache", "return 'out', cache"),
    Edit("affine_forward", "name misspelt", "x.reshape(x.", "xs.reshape(x."),
    Edit("affine_backward", "db not returned", "return dx, dw, db", "return dx, dw"),
    Edit("affine_backward", "order changed", "return dx, dw, db", "return dw, dx, db"),
    Edit("affine_backward", "cache unpacked in two", "x, w, _ = cache", "x, w = cache"),
    Edit("affine_backward", "cache not unpacked", "    x, w, _ = cache\n", ""),
    Edit("relu_forward", "return forgotten", "    return out, cache", ""),
    Edit("relu_backward", "return forgotten", "    return dx", ""),
    Edit("relu_backward", "pair returned", "return dx", "return dx, None"),
    Edit("two_layer_net", "gradients not returned", "return loss, grads", "return loss"),
    Edit("two_layer_net", "return forgotten", "        return loss, grads", ""),
    Edit("two_layer_net", "scores not returned", "return scores", "return"),
    Edit("two_layer_net", "no gradient for b2", 'grads["W2"], grads["b2"] =', 'grads["W2"], _ ='),
    Edit("two_layer_net", "b2 not drawn", '        self.params["b2"] = np.zeros(num_classes)\n', ""),
    Edit("two_layer_net", "function misspelt", "affine_relu_forward(X", "affine_relu_foward(X"),
    Edit("fully_connected_net", "gradients not returned", "return loss, grads", "return loss"),
    Edit("fully_connected_net", "dtype not applied", "weights.astype(dtype)", "weights"),
    Edit("fully_connected_net", "caches from the front", "caches.pop()", "caches.pop(0)"),
    Edit("fully_connected_net", "one hidden layer only", "range(1, last):", "range(1, 2):"),
    Edit("batchnorm_forward", "return forgotten", "    return out, cache", ""),
    Edit("batchnorm_forward", "averages changed in place only", STORED, "running_mean *= momentum; running_mean += (1 - momentum) * mean"),
    Edit("batchnorm_forward", "averages in local names only", STORED, STORED.replace('bn_param["running_mean"]', "running_mean")),
    Edit("batchnorm_forward", "average under another name", '["running_mean"] =', '["running_avg"] ='),
    Edit("batchnorm_forward", "test mode not written", "out, cache = gamma * normalized + beta, None", "pass"),
    Edit("batchnorm_forward", "mode misspelt", 'mode == "test"', 'mode == "Test"'),
    Edit("batchnorm_forward", "running_var not rooted in test mode", "np.sqrt(running_var + eps)", "(running_var + eps)"),
    Edit("batchnorm_backward", "gate 9: dbeta over everything", "dbeta = dout.sum(axis=0)", "dbeta = dout.sum()"),
    Edit("batchnorm_backward", "gate 9: dout scaled", "dscaled = dout ", "dscaled = dout / m "),
    Edit("batchnorm_backward", "gate 8: gamma forgotten", "dxhat = gamma * dscaled", "dxhat = dscaled"),
    Edit("batchnorm_backward", "gate 8: dgamma not summed", "(xhat * dscaled).sum(axis=0)", "xhat * dscaled"),
    Edit("batchnorm_backward", "gate 7: dinverse not summed", "(centred * dxhat).sum(axis=0)", "centred * dxhat"),
    Edit("batchnorm_backward", "gate 7: xhat for centred", "(centred * dxhat)", "(xhat * dxhat)"),
    Edit("batchnorm_backward", "gate 7: upper branch without inverse", "dcentred = inverse * dxhat", "dcentred = dxhat"),
    Edit("batchnorm_backward", "gate 6: minus forgotten", "-dinverse * inverse**2", "dinverse * inverse**2"),
    Edit("batchnorm_backward", "gate 6: power forgotten", "inverse**2", "inverse"),
    Edit("batchnorm_backward", "gate 5: half forgotten", "dstd / (2 * std)", "dstd / std"),
    Edit("batchnorm_backward", "gate 5: times the root", "dstd / (2 * std)", "dstd * std / 2"),
    Edit("batchnorm_backward", "gate 4: not divided by m", "* dvar / m", "* dvar"),
    Edit("batchnorm_backward", "gate 4: raises", "np.ones_like(xhat) * dvar", "np.ones((2, 5)) * dvar"),
    Edit("batchnorm_backward", "gate 3: two forgotten", "2 * centred * dsquare", "centred * dsquare"),
    Edit("batchnorm_backward", "gate 3: branch overwritten", "dcentred + 2 *", "2 *"),
    Edit("batchnorm_backward", "gate 2: minus forgotten", "-dcentred.sum", "dcentred.sum"),
    Edit("batchnorm_backward", "gate 2: mean for sum", "-dcentred.sum", "-dcentred.mean"),
    Edit("batchnorm_backward", "gate 1: not divided by m", "+ dmean / m", "+ dmean"),
    Edit("batchnorm_backward", "gate 1: branch forgotten", "dx = dcentred + dmean / m", "dx = dcentred"),
    Edit("batchnorm_backward", 'trace misspelt', "(dcentred=dcentred", "(dcentered=dcentred"),
    Edit("batchnorm_backward", "stub's raise still at the end", "return dx, dgamma, dbeta", UNANSWERED),
    Edit("batchnorm_backward", "return forgotten", "    return dx, dgamma, dbeta", ""),
    Edit("batchnorm_net", "scores only", "return scores, caches", "return scores"),
    Edit("batchnorm_net", "backward returns nothing", "        return grads\n", ""),
    Edit("batchnorm_net", "first bn_param for all", "self.bn_params[layer - 1]", "self.bn_params[0]"),
    Edit("batchnorm_net", "bn_param of the next layer", "self.bn_params[layer - 1]", "self.bn_params[layer]"),
    Edit("batchnorm_net", "gamma for the last layer too", "enumerate(hidden_dims,", "enumerate([*hidden_dims, num_classes],"),
    Edit("batchnorm_net", "relu not walked back", "dout = relu_backward(dout, relu)", "pass"),
    Edit("batchnorm_net", "gradient of gamma alone", 'dgamma, dbeta\n', 'dgamma, dgamma\n'),
)  # fmt: skip


class Names:
    """The names of both notebooks, solved; an answer is replaced for one look."""

    def __init__(self) -> None:
        self._of = {
            FIRST: run(code(FIRST), {}, code(FIRST)),
            SECOND: run(until("batchnorm_net", code()), {}, code()),
        }

    def told(self, question: str, name: str) -> tuple[str, str]:
        """The first row that turns red and its sentence, or what is said without one."""
        from support.visible import look_at

        notebook = FIRST if question in FIRST_QUESTIONS else SECOND
        names, before = self._of[notebook], dict(self._of[notebook])
        try:
            with redirect_stdout(StringIO()):
                self._answer_wrongly(names, question, name, notebook)
                seen = look_at(question, names)
        finally:
            names.clear()
            names.update(before)
        red = [(row.name, row.problem) for row in seen.check.rows if row.problem]
        row, sentence = red[0] if red else ("", seen.unanswered)
        if row.startswith("("):  # each Python words its errors anew
            sentence = f"{sentence.split(': ')[0]}: …"
        return _without_numbers(row), _without_numbers(sentence)

    @staticmethod
    def _answer_wrongly(names: dict[str, Any], question: str, name: str, notebook: Path) -> None:
        edit = next((e for e in EDITS if (e.question, e.name) == (question, name)), None)
        if edit is not None:
            cell = f"{question}_answer"
            source = code(notebook)[cell]
            assert edit.old in source, edit
            run([cell], names, {cell: source.replace(edit.old, edit.new)})
            return
        mistake = next(m for m in MISTAKES.of(question) if m.name == name)
        if question in BATCHNORM:  # these work on the reference's caches
            names |= {function: getattr(reference, function) for function in BATCHNORM}
        names[mistake.defines] = mistake.implementation


def _without_numbers(text: str) -> str:
    text = re.sub(r"\[[\d, ]+\]", "[#]", text)
    number = r"-?(\d+(\.\d+)?(e[-+]?\d+)?|inf|nan)"
    gates = r"gates? \d( (?:and|to) \d)?"
    return re.sub(rf"({gates})|(?<![\w.]){number}(?!\w)", lambda found: found[1] or "#", text)


def all_mistakes() -> list[tuple[str, str]]:
    """Every question with each of its mistakes."""
    questions = (*FIRST_QUESTIONS, *SECOND_QUESTIONS)
    named = [(q, mistake.name) for q in questions for mistake in MISTAKES.of(q)]
    edited = [(edit.question, edit.name) for edit in EDITS]
    return sorted(named + edited, key=lambda pair: questions.index(pair[0]))


def read() -> dict[tuple[str, str], tuple[str, str]]:
    """The table: what turns red and what is said, by question and mistake."""
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    cells = [line.strip("| ").split(" | ") for line in lines if line.startswith("| `")]
    return {(q.strip("`"), name): (row.strip(), told) for q, name, row, told in cells}


def write() -> None:
    """Make the table anew."""
    names = Names()
    lines = [
        "# What the visible checks say to natural mistakes",
        "",
        "One line a mistake: the question it was made in, the first row that turns red there, and "
        "its sentence, numbers left out. An answer in which the stub's `raise` is left is not wrong "
        "but open: no row turns red.",
        "",
        "| question | mistake | row | sentence |",
        "| --- | --- | --- | --- |",
    ]
    for question, name in all_mistakes():
        row, told = names.told(question, name)
        lines.append(f"| `{question}` | {name} | {row or 'none'} | {told} |")
    TABLE.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    os.environ |= {"NBGRADER_EXECUTION": "autograde", "NO_COLOR": "1"}
    os.chdir(SOURCE)
    write()
