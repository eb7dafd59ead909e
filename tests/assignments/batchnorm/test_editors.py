"""What an editor writes into a notebook changes no grade."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from submissions import hand_in

from autograder.grading.grade import Grader

Raw = dict[str, Any]
MISTAKE = {"relu_forward_answer": ("np.maximum(0, x)", "np.abs(x)")}


def vs_code(notebook: Raw) -> None:
    """VS Code notes each cell's language, drops execution counts and names its own kernel."""
    for cell in notebook["cells"]:
        language = "python" if cell["cell_type"] == "code" else "markdown"
        cell["metadata"]["vscode"] = {"languageId": language}
        if cell["cell_type"] == "code":
            cell["execution_count"] = None
    notebook["metadata"] = {
        "kernelspec": {"display_name": ".venv (3.12.3)", "language": "python", "name": "python3"},
        "language_info": {"name": "python", "version": "3.12.3"},
    }


def colab(notebook: Raw) -> None:
    """Colab gives cells ids of its own kind beside nbformat's, and notes where they came from."""
    for number, cell in enumerate(notebook["cells"]):
        cell["metadata"] |= {"id": f"aBcD{number:08d}", "colab": {"base_uri": "https://colab"}}
    notebook["metadata"]["colab"] = {"provenance": [], "toc_visible": True}
    notebook["metadata"]["accelerator"] = "GPU"


@pytest.fixture(scope="module")
def plain(grader: Grader, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The grade of the notebooks as they were written."""
    folder = hand_in(tmp_path_factory.mktemp("plain"), replace=MISTAKE)
    return grader.grade(folder).grade.to_json()


@pytest.mark.parametrize("editor", [vs_code, colab])
def test_a_notebook_saved_by_another_editor_gets_the_same_grade(
    grader: Grader, plain: str, tmp_path: Path, editor: Any
) -> None:
    saved = hand_in(tmp_path / "saved", replace=MISTAKE, rearrange=lambda _, raw: editor(raw))
    assert grader.grade(saved).grade.to_json() == plain
