"""Stands behind formgrader in a Jupyter server: what it serves of a student's is inert.

formgrader answers with files of `autograded/` from its own address, where a page could do all
that the grader can. Tornado lets one add to every answer; for those files this adds a policy
under which a browser runs nothing. It comes into the server in two ways: as an extension, which
Jupyter finds through `autograder.json` once the package's wheel is installed (extensions are
loaded in order of name, this one before nbgrader's), and from the course's configuration, which
formgrader reads.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import Any

from nbgrader.server_extensions.formgrader.handlers import FormgraderHandler
from tornado import httputil, web

from autograder.gradebook.guard import FormgraderDirectory, guarded

POLICY = "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'"
"""No scripts, no forms, no frames, and an origin of its own, which has no rights anywhere."""
PAGE = re.compile(r"[0-9A-Za-z-]+/?((next|prev)(_incorrect)?/?)?|components/.*")
"""What formgrader shows below `submissions/` that is its own; all else is a student's file."""
STEPS = frozenset({"submitted", "autograded", "feedback", "release"})
"""Folders of a course that hold what others wrote."""


class InertFiles(web.OutputTransform):
    """Adds the policy to each file of a submission that is served."""

    prefix = "/formgrader/submissions/"

    def __init__(self, request: httputil.HTTPServerRequest) -> None:
        start, found, rest = request.path.partition(self.prefix)
        del start
        self._inert = bool(found) and not PAGE.fullmatch(rest)

    def transform_first_chunk(
        self, status_code: int, headers: httputil.HTTPHeaders, chunk: bytes, finishing: bool
    ) -> tuple[int, httputil.HTTPHeaders, bytes]:
        """Set the policy in place of the server's, which lets pages of its own run."""
        if self._inert:
            headers["Content-Security-Policy"] = POLICY
            headers["X-Content-Type-Options"] = "nosniff"
        return status_code, headers, chunk


class Entry(FormgraderHandler):  # type: ignore[misc]
    """formgrader's first page, which runs the `nbgrader_config.py` of any folder it is told."""

    @web.authenticated
    def get(self) -> Any:
        """Go on to the first page, unless the folder is somebody else's."""
        path = self.get_argument("path", "")
        if path and self.request.headers.get("Sec-Fetch-Site", "none") not in OWN_SITE:
            raise web.HTTPError(403, "Another site may not choose the course.")
        if path and not is_own_course(Path(path)):
            raise web.HTTPError(403, f"{path} holds what others wrote; it is no course of yours.")
        result = super().get()
        guard(self.settings)
        return result


OWN_SITE = frozenset({"none", "same-origin"})


def is_own_course(path: Path) -> bool:
    """Whether a folder's configuration may be run: nobody else can have put it there."""
    folder = path.resolve()
    inside_a_course = any(
        (above / "nbgrader_config.py").exists()
        and STEPS.intersection(folder.relative_to(above).parts)
        for above in folder.parents
    )
    config = folder / "nbgrader_config.py"
    return not inside_a_course and all(
        one.stat().st_uid in (0, os.geteuid()) for one in (folder, config) if one.exists()
    )


def guard(settings: Any) -> None:
    """Give formgrader, if it is there, the view of the course that opens nothing odd."""
    formgrader = settings.get("nbgrader_formgrader")
    if formgrader is not None and not isinstance(formgrader.coursedir, FormgraderDirectory):
        formgrader.coursedir = guarded(formgrader.coursedir, FormgraderDirectory)


def protect(server: Any) -> None:
    """Stand behind formgrader in a Jupyter server; once is enough, but for the view of a course."""
    application = server.web_app
    if InertFiles not in application.transforms:
        application.add_transform(InertFiles)
        start = re.escape(application.settings["base_url"].rstrip("/"))
        application.add_handlers(".*$", [(start + r"/formgrader/?", Entry)])
        server.log.info("autograder keeps files of submissions from running in formgrader")
    server.io_loop.add_callback(guard, application.settings)  # formgrader may be on its way yet


def protect_running_server() -> None:
    """Do so in the Jupyter server that this process is, if it is one.

    A course's configuration is read by formgrader itself, so this holds wherever formgrader
    shows the course, however this package was installed.
    """
    app = getattr(sys.modules.get("jupyter_server.serverapp"), "ServerApp", None)
    if app is not None and app.initialized() and getattr(app.instance(), "web_app", None):
        protect(app.instance())


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": __name__}]


_load_jupyter_server_extension = protect
