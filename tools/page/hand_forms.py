"""The hand as forms: pause, resume, kill, and capital where a venue has funding.

Each is a plain form that works without a script. With one, the token is kept for the window and the answer is told on
the page.
"""

from __future__ import annotations

from actors.operator.protocol import REASON_CHARS_MAX, Status
from tools.page.frame import session_href

# Without scripts each form has its own; with them there is one for all.
_ASKED_EACH = '<noscript><label>Token <input type="password" name="token" autocomplete="off"></label></noscript>'


def hand_card(status: Status) -> str:
    """All that can be said to a session."""
    at = session_href(status.session_id)
    reason = f'<label>Reason <input name="reason" maxlength="{REASON_CHARS_MAX}" autocomplete="off"></label>'
    quoting = (
        f'<form method="post" action="{at}/pause" class="hand" data-hand aria-label="Pause or resume">'
        f"{reason}{_ASKED_EACH}"
        f'<div class="buttons"><button formaction="{at}/pause">Pause</button>'
        f'<button formaction="{at}/resume">Resume</button></div></form>'
    )
    kill = (
        '<details class="kill"><summary>End the session (kill)</summary>'
        f'<form method="post" action="{at}/kill" class="hand" data-hand aria-label="End the session">'
        "<p>It pulls every quote, reconciles and ends. Nothing quotes until somebody starts another session.</p>"
        f"{reason}"
        '<label>Write <b>kill</b> to confirm <input name="confirm" required pattern="kill" autocomplete="off"'
        f' autocapitalize="none" title="the word kill"></label>{_ASKED_EACH}'
        '<div class="buttons"><button class="danger">Kill this session</button></div></form></details>'
    )
    return (
        '<section class="card" aria-labelledby="hand-title"><h2 id="hand-title">The hand</h2>'
        '<form class="hand" id="token-form" hidden><label>Token <input type="password" id="token" autocomplete="off"'
        ' aria-describedby="token-told"></label><p class="soft" id="token-told">As <code>neo page --show-token</code>'
        " prints it. Kept until this window is closed.</p></form>"
        f"{quoting}{_capital(at) if status.has_funding else ''}{kill}"
        '<p id="answer" class="answer" role="status" aria-live="assertive"></p></section>'
    )


def _capital(at: str) -> str:
    return (
        f'<form method="post" action="{at}/capital" class="hand" data-hand aria-label="Deposit or withdraw">'
        '<label>Amount <input name="amount" inputmode="decimal" required autocomplete="off"'
        ' pattern="[0-9]+([.][0-9]+)?" title="a number, such as 25 or 0.5"></label>'
        '<label>Asset <select name="asset"><option>XRP</option><option>RLUSD</option></select></label>'
        f'{_ASKED_EACH}<div class="buttons"><button name="kind" value="deposit">Deposit</button>'
        '<button name="kind" value="withdraw">Withdraw</button></div></form>'
    )
