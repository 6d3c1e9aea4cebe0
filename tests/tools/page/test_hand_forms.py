"""The hand's forms: each whole without a script, and a kill that nobody says by a slip."""

from __future__ import annotations

import re

from support.page_markup import Markup
from support.page_site import moment_of, status_at

from tools.page.hand_forms import hand_card


def test_every_form_has_what_the_server_asks_for() -> None:
    """The token in each of them where no script carries it from one field for all."""
    card = hand_card(status_at(moment_of([]), "s 1", has_funding=True))
    assert Markup(card.encode()).faults == []
    forms = card.split('<form method="post"')[1:]
    assert len(forms) == 3
    for form in forms:
        assert '<noscript><label>Token <input type="password" name="token"' in form
    assert all(f'name="{name}"' in forms[1] for name in ("amount", "asset", "kind"))
    assert 'action="/session/s%201/kill"' in forms[2]


def test_a_kill_needs_its_word_and_is_folded_away() -> None:
    """Which a browser asks for itself, scripts or none."""
    card = hand_card(status_at(moment_of([]), "s1"))
    kill = card[card.index('<details class="kill">') :]
    assert 'name="confirm" required pattern="kill"' in kill
    assert "open" not in kill[: kill.index("</summary>")]


def test_no_token_is_ever_in_the_page() -> None:
    """The fields that take it are empty, and no browser is asked to remember them."""
    card = hand_card(status_at(moment_of([]), "s1"))
    fields = re.findall(r'<input type="password"[^>]*>', card)
    assert len(fields) == 3
    assert all('autocomplete="off"' in field for field in fields)
    assert "value=" not in card
