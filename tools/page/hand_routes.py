"""The hand: what changes a session, by a form or a program that has the token. The answer is what came of it."""

from __future__ import annotations

import secrets
from typing import Final

from actors.operator.protocol import trimmed_reason
from actors.page.exchange import PageAnswer, PageRequest
from tools.console.errors import OperatorError
from tools.console.payments import AMOUNT_MEND, as_move, read_amount
from tools.page import hand_outcomes
from tools.page.ground import PageError, PageGround, PageRoute, only_running, running_session
from tools.page.hand_outcomes import Outcome
from tools.page.plain_page import json_answer, told
from tools.page.running import RunningSession

_ID_CHARS_MAX: Final = 64

_KINDS: Final = {"deposit": 1, "withdraw": -1}


async def pause(ground: PageGround, request: PageRequest, session: str = "") -> PageAnswer:
    """Pull every quote until resumed."""
    running = _session(ground, request, session)
    return _answer(request, await hand_outcomes.pause(running, _id(request), _reason(request)))


async def resume(ground: PageGround, request: PageRequest, session: str = "") -> PageAnswer:
    """Quote again."""
    running = _session(ground, request, session)
    return _answer(request, await hand_outcomes.resume(running, _id(request), _reason(request)))


async def kill(ground: PageGround, request: PageRequest, session: str = "") -> PageAnswer:
    """End the session, properly."""
    running = _session(ground, request, session)
    return _answer(request, await hand_outcomes.kill(running, _id(request), _reason(request)))


async def capital(ground: PageGround, request: PageRequest, session: str) -> PageAnswer:
    """Deposit or withdraw: ``kind``, ``amount`` and ``asset``."""
    running = _session(ground, request, session)
    kind, asset = request.form.get("kind", ""), request.form.get("asset", "").upper()
    amount = read_amount(request.form.get("amount", ""))
    if kind not in _KINDS:
        raise PageError(400, f"kind: write {' or '.join(_KINDS)}.")
    if asset not in ("XRP", "RLUSD"):
        raise PageError(400, "asset: write XRP or RLUSD.")
    if amount is None:
        raise PageError(400, f"amount: {AMOUNT_MEND}.")
    try:
        xrp_drops, rlusd = as_move(amount, asset)
    except OperatorError as error:
        raise PageError(400, f"amount: {error.message}") from None
    sign = _KINDS[kind]
    return _answer(request, await hand_outcomes.move(running, _id(request), sign * xrp_drops, rlusd.copy_sign(sign)))


def _session(ground: PageGround, request: PageRequest, named: str) -> RunningSession:
    if not request.may_act:
        raise PageError(401, "This needs the page's token.")
    return running_session(ground, named) if named else only_running(ground)


def _reason(request: PageRequest) -> str:
    return trimmed_reason(request.form.get("reason", ""))


def _id(request: PageRequest) -> str:
    """What makes it one request, however often it is sent: the asker's own ``id``, or a new one."""
    given = request.form.get("id", "")
    if len(given) > _ID_CHARS_MAX:
        raise PageError(400, f"id: write at most {_ID_CHARS_MAX} characters.")
    return given or secrets.token_hex(16)


def _answer(request: PageRequest, outcome: Outcome) -> PageAnswer:
    # Accepted, and no more than that, where it could not be seen.
    status = 200 if outcome.seen else 202
    return json_answer(outcome, status) if request.accepts_json else told(request, outcome.detail, status=status)


HAND_ROUTES = (
    PageRoute("POST", "/pause", pause),
    PageRoute("POST", "/resume", resume),
    PageRoute("POST", "/kill", kill),
    PageRoute("POST", "/session/{session}/pause", pause),
    PageRoute("POST", "/session/{session}/resume", resume),
    PageRoute("POST", "/session/{session}/kill", kill),
    PageRoute("POST", "/session/{session}/capital", capital),
)
