"""The two places student names can live: the sandbox, or trusted code in this process.

A peer answers requests with replies of plain copies and handles. Both carry out the same table of
operations, and what they answer crosses the same wire, so the same check that grades a submission
is proven against the reference and against known mistakes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from autograder.sandbox.errors import StudentProtocol
from autograder.sandbox.inside import fork
from autograder.sandbox.inside.frames import FROM_GRADER
from autograder.sandbox.policy import POLICY
from autograder.sandbox.requests import Lender, Reply, read_reply, request_message
from autograder.sandbox.wire import WireError, decode, encode


class Peer(Protocol):
    """Whoever answers for the student's names."""

    def request(
        self,
        op: str,
        *,
        fresh: bool = False,
        want: Sequence[str] = ("value",),
        listen: bool = False,
        cpu: float | None = None,
        first: Sequence[Mapping[str, Any]] = (),
        also: Sequence[str] = (),
        **fields: Any,
    ) -> Reply:
        """Carry out one request, in so many CPU seconds at most.

        A `fresh` one makes all handles given so far invalid. `first` are operations that are done
        before, `also` attributes of what is returned that are told with it.
        Raises the student errors of `autograder.sandbox.errors`.
        """
        ...

    def lend(self, lender: Lender) -> None:
        """Define the lender's names beside the student's; it computes them from now on."""
        ...


class LocalPeer:
    """Trusted implementations behind the interface of a sandboxed submission.

    Args:
        namespace: the names a submission would define, such as `initials`. What is lent is
            defined in it, for the functions of a namespace look up each other there.
        sources: code whose type names may be told, as a submission's own code is.
    """

    def __init__(self, namespace: dict[str, Any], sources: Mapping[str, str] | None = None) -> None:
        self._table = fork.Table(namespace, self._ask_lender)
        self._sources = sources or {}
        self._lender: Lender | None = None

    def lend(self, lender: Lender) -> None:
        """Lend the way the sandbox does."""
        self.request("lend", want=("opaque",), names=list(lender.names))
        self._lender = lender

    def _ask_lender(self, message: dict[str, Any]) -> dict[str, Any]:
        assert self._lender is not None
        asked = decode(b"".join(encode(message)), POLICY.reply_limits)
        return decode(b"".join(encode(self._lender.answer(asked))), FROM_GRADER)

    def request(
        self,
        op: str,
        *,
        fresh: bool = False,
        want: Sequence[str] = ("value",),
        listen: bool = False,
        cpu: float | None = None,
        first: Sequence[Mapping[str, Any]] = (),
        also: Sequence[str] = (),
        **fields: Any,
    ) -> Reply:
        """Carry out one request the way the sandbox does, however long it takes."""
        del cpu
        wanted: dict[str, Any] = {"want": want, "listen": listen, "first": first, "also": also}
        asked = request_message(op, fresh=fresh, **wanted, fields=fields)
        received = decode(b"".join(encode(asked)), FROM_GRADER)
        answered = fork.answer(self._table, received, fatal=(KeyboardInterrupt,))
        try:
            reply = decode(b"".join(encode(answered)), POLICY.reply_limits)
        except WireError as problem:
            raise StudentProtocol(str(problem)) from None
        return read_reply(reply, POLICY, self._sources)
