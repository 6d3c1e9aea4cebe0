"""The log-in: for a page that other machines can reach, and for who would rather write the token once."""

from __future__ import annotations

from urllib.parse import urlsplit

from actors.page.access import LOGIN_PATH
from actors.page.exchange import PageAnswer, PageRequest
from tools.console.markup import escape
from tools.page.frame import framed
from tools.page.ground import PageError, PageGround, PageRoute


async def login_form(_ground: PageGround, request: PageRequest) -> PageAnswer:
    """Asks for the token."""
    return _form(_local(request.query.get("next", ("/",))[-1]))


async def login(ground: PageGround, request: PageRequest) -> PageAnswer:
    """Gives the cookie to who brought the token, and goes on to where they were going."""
    to = _local(request.form.get("next", "/"))
    if not request.may_act:
        return _form(to, "That is not the token.", status=401)
    if ground.gate is None:
        raise PageError(404, "There is nothing to log in to.")
    return PageAnswer(body=b"", status=303, headers={"Location": to, "Set-Cookie": ground.gate.login_cookie()})


async def logout(ground: PageGround, _request: PageRequest) -> PageAnswer:
    """Takes the cookie back."""
    cookie = {} if ground.gate is None else {"Set-Cookie": ground.gate.logout_cookie()}
    return PageAnswer(body=b"", status=303, headers={"Location": LOGIN_PATH, **cookie})


def _form(to: str, told: str = "", *, status: int = 200) -> PageAnswer:
    body = (
        f'<section class="card"><h1>Log in</h1><form method="post" action="{LOGIN_PATH}" class="hand">'
        f'<input type="hidden" name="next" value="{escape(to)}">'
        '<label>Token <input type="password" name="token" autocomplete="current-password" required autofocus'
        ' aria-describedby="where"></label><p class="soft" id="where">As <code>neo page --show-token</code> prints it'
        f' on the machine where the session runs.</p><p role="status">{escape(told)}</p>'
        '<div class="buttons"><button>Log in</button></div></form></section>'
    )
    return framed("Log in", body, status=status)


def _local(address: str) -> str:
    """An address of this page; its first one, if it is another's."""
    try:
        parts = urlsplit(address)
    except ValueError:
        # Such as an address with half of IPv6's brackets.
        return "/"
    is_ours = not parts.scheme and not parts.netloc and address.startswith("/") and address[1:2] not in ("/", "\\")
    return parts.path if is_ours and address.isprintable() and address.isascii() else "/"


LOGIN_ROUTES = (
    PageRoute("GET", LOGIN_PATH, login_form, takes=("next",)),
    PageRoute("POST", LOGIN_PATH, login, takes=("next",)),
    PageRoute("POST", "/logout", logout),
)
