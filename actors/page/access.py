"""Who may ask the page what.

The rules, each of which must hold:

- ``Host`` is a name that the page was opened for. A name of an attacker's that leads to this machine (DNS rebinding)
  is none, so no site of another's can read the page through a browser.
- ``Origin``, which a browser sends with each POST, is the page itself.
- Whatever changes something carries the token: as a bearer, as the form's field ``token``, or by the cookie of a
  log-in. On an address that others than this machine can reach, so does all else but the log-in and what it looks like.

The token is compared in constant time and is in no cookie: that has an end and the token's seal under it, so it needs
no memory and is still good after a restart.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import time
from collections.abc import Callable, Collection
from http.cookies import CookieError, SimpleCookie
from typing import Final

import msgspec

LOGIN_PATH: Final = "/login"
ASSETS_PATH: Final = "/assets/"

# The names of this machine. Any port: a tunnel ends at another one than the page's.
LOOPBACK_NAMES: Final = frozenset({"127.0.0.1", "localhost", "::1"})

# How long a log-in lasts, in seconds: a working day.
_LOGIN_S: Final = 12 * 3600

_BEARER: Final = "bearer "
_HOST: Final = re.compile(r"(?:\[([0-9a-f:.]{2,45})\]|([a-z0-9.-]{1,253}))(?::([0-9]{1,5}))?", re.ASCII)


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """What of a request the rules look at; "" for what it lacks.

    Args:
        method: Of HTTP.
        path: Decoded.
        host: Its ``Host``.
        origin: Its ``Origin``.
        authorization: Its ``Authorization``.
        cookie: Its ``Cookie``.
        token: The form's field ``token``.
        is_page: A browser that wants a page to look at.
    """

    method: str
    path: str
    host: str = ""
    origin: str = ""
    authorization: str = ""
    cookie: str = ""
    token: str = ""
    is_page: bool = False


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """What the rules say.

    Args:
        status: Of HTTP; 200 for yes.
        why: A sentence, or two; "" for yes.
        may_act: It carried the token.
        is_wrong: It carried something else as the token.
    """

    status: int = 200
    why: str = ""
    may_act: bool = False
    is_wrong: bool = False


class Gate:
    """The rules of one page.

    Args:
        token: What who may change something knows.
        names: The hosts that the page was opened for, in small letters; ``*.example.org`` for all just below it.
        is_remote: Others than this machine can reach it.
        is_tls: It speaks TLS.
        now_s: The machine's time of day, in seconds since 1970.
    """

    def __init__(
        self,
        token: str,
        names: Collection[str] = LOOPBACK_NAMES,
        *,
        is_remote: bool = False,
        is_tls: bool = False,
        now_s: Callable[[], float] = time.time,
    ) -> None:
        self._token = token.encode()
        self._names = frozenset(names)
        self._scheme = "https" if is_tls else "http"
        # A browser takes a name of this kind over TLS only, for this very host, and from no page of a neighbour's.
        self._cookie = "__Host-neo-page" if is_tls else "neo-page"
        self._is_remote = is_remote
        self._now_s = now_s

    def judge(self, asked: Caller) -> Judged:
        """Whether a request is let in, and what it may do."""
        if not self._knows(asked.host):
            return Judged(status=403, why=f"The page is not opened for that name. {self._mend()}")
        changes = asked.method == "POST"
        if changes and asked.origin and asked.origin.lower() != f"{self._scheme}://{asked.host.lower()}":
            return Judged(status=403, why="Another page asked for that. Only this page's own forms may.")
        told = [self._is_token(one) for one in (_bearer(asked.authorization), asked.token) if one]
        may_act = any(told) or self._is_logged_in(asked)
        is_wrong = bool(told) and not may_act
        if may_act or not (is_wrong or self._needs_token(asked, changes=changes)):
            return Judged(may_act=may_act)
        return self._refused(asked, changes=changes, is_wrong=is_wrong)

    def _refused(self, asked: Caller, *, changes: bool, is_wrong: bool) -> Judged:
        """What is told to who has no token, or a wrong one."""
        if is_wrong and asked.path == LOGIN_PATH:
            # The form is shown again.
            return Judged(is_wrong=True)
        if is_wrong:
            return Judged(status=401, why=f"That is not the token. {_WHERE}", is_wrong=True)
        if self._is_remote and asked.is_page and not changes:
            return Judged(status=303, why="Log in first.")
        return Judged(status=401, why=f"This needs the page's token. {_WHERE}")

    def login_cookie(self) -> str:
        """The value of ``Set-Cookie`` that a log-in gives."""
        end = str(int(self._now_s()) + _LOGIN_S)
        return f"{self._cookie}={end}.{self._seal(end)}; Max-Age={_LOGIN_S}; {self._flags}"

    def logout_cookie(self) -> str:
        """The value of ``Set-Cookie`` that takes it back."""
        return f"{self._cookie}=; Max-Age=0; {self._flags}"

    @property
    def _flags(self) -> str:
        return f"Path=/; HttpOnly; SameSite=Strict{'; Secure' if self._scheme == 'https' else ''}"

    def _knows(self, host: str) -> bool:
        match = _HOST.fullmatch(host.lower())
        if match is None:
            return False
        name = match[1] or match[2]
        return name in self._names or f"*.{name.partition('.')[2]}" in self._names

    def _mend(self) -> str:
        return f"It is known as {', '.join(sorted(self._names))}."

    def _needs_token(self, asked: Caller, *, changes: bool) -> bool:
        if asked.path == LOGIN_PATH:
            # Its form brings the token, and is answered with a form again if it does not.
            return False
        return changes or (self._is_remote and not asked.path.startswith(ASSETS_PATH))

    def _is_token(self, told: str) -> bool:
        return hmac.compare_digest(told.encode(errors="surrogateescape"), self._token)

    def _is_logged_in(self, asked: Caller) -> bool:
        # A cookie goes wherever the browser goes: a POST that it alone vouches for must say where it comes from.
        if asked.method == "POST" and not asked.origin:
            return False
        try:
            morsel = SimpleCookie(asked.cookie).get(self._cookie)
        except CookieError:
            return False
        end, _, seal = ("" if morsel is None else morsel.value).partition(".")
        if not re.fullmatch(r"[0-9]{1,12}", end, re.ASCII) or int(end) <= self._now_s():
            return False
        return hmac.compare_digest(seal.encode(errors="surrogateescape"), self._seal(end).encode())

    def _seal(self, end: str) -> str:
        return hmac.new(self._token, f"neo page login until {end}".encode(), hashlib.sha256).hexdigest()


_WHERE: Final = (
    "`neo page --show-token` prints it; send it as `Authorization: Bearer TOKEN`, or as the form's field `token`."
)


def _bearer(authorization: str) -> str:
    is_bearer = authorization[: len(_BEARER)].lower() == _BEARER
    return authorization[len(_BEARER) :].strip() if is_bearer else ""
