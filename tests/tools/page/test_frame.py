"""What all pages have in common: navigation, help, times, and a look that can be read in the light and in the dark."""

from __future__ import annotations

import re
from importlib.resources import files
from itertools import product

import pytest
from support.page_markup import Markup

from tools.page.frame import TABS, PageHead, framed, refused_page, session_href, shown_time

CSS = (files("tools.page") / "assets" / "neo.css").read_text()
SCRIPT = (files("tools.page") / "assets" / "page.js").read_text()
HEAD = PageHead(session="s<1>", tab="fills", state="quoting <both> sides", is_live=True)


def test_a_page_leads_to_all_others_of_its_session_and_says_which_it_is() -> None:
    """With the session's name as text and as an address, whatever is in it."""
    answer = framed("Fills", "<h1>Fills</h1>", head=HEAD, scripts=("tables.js",), styles=("tables.css",))
    page = Markup(answer.body)
    assert page.faults == []
    assert {tab.words: page.links[tab.words] for tab in TABS} == {
        tab.words: f"/session/s%3C1%3E{tab.path}" for tab in TABS
    }
    body = answer.body.decode()
    assert body.count('aria-current="page"') == 1
    assert 'data-events="/events?session=s%3C1%3E"' in body
    assert "quoting &lt;both&gt; sides" in body
    assert '<script src="/assets/tables.js" defer></script>' in body


def test_a_page_of_no_session_has_no_events_and_no_tabs() -> None:
    """As the list of all."""
    body = framed("Sessions", "<h1>Sessions</h1>").body.decode()
    assert "data-events" not in body
    assert "<nav" not in body


def test_a_page_is_fetched_anew_only_where_no_scripts_run() -> None:
    """Elsewhere it follows the session's events, and a form that is being filled must not go."""
    body = framed("Now", "<h1>Now</h1>", head=HEAD, refresh_s=5).body.decode()
    assert '<noscript><meta http-equiv="refresh" content="5"></noscript>' in body
    assert "refresh" not in framed("Fills", "", head=HEAD).body.decode()


def test_a_refusal_is_a_page_with_the_mend() -> None:
    """And its own status, so that a program sees it too."""
    answer = refused_page(404, "No such session", "The list has <all>.")
    assert answer.status == 404
    assert "The list has &lt;all&gt;." in answer.body.decode()
    assert Markup(answer.body).faults == []


def test_a_moment_is_utc_until_a_script_says_otherwise() -> None:
    """A browser without scripts is told which zone it reads."""
    told = shown_time("2026-01-21T15:03:04.123+00:00")
    assert told == '<time datetime="2026-01-21T15:03:04Z" data-form="full">2026-01-21 15:03:04 UTC</time>'
    assert ">15:03:04 UTC<" in shown_time("2026-01-21T15:03:04Z", "time")


def test_a_sessions_name_is_one_part_of_an_address() -> None:
    """A slash in it leads nowhere else."""
    assert session_href("../a b", "/fills") == "/session/..%2Fa%20b/fills"


def test_every_letter_of_the_help_is_one_that_the_script_knows() -> None:
    """What is promised works."""
    (letters,) = re.findall(r"var LETTERS = \{(.*?)\};", SCRIPT)
    known = dict(re.findall(r"(\w): '([^']*)'", letters))
    assert known == {tab.letter: tab.path for tab in TABS}


# --- Colours -----------------------------------------------------------------------------------------------------

_BLOCK = re.compile(r"(?<=[\s}])(:root[^{]*)\{([^}]*)\}")


def colours() -> dict[str, dict[str, str]]:
    """The variables of each theme, by the selector that sets them."""
    return {
        selector.strip(): dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", block)) for selector, block in _BLOCK.findall(CSS)
    }


LIGHT = colours()[":root"]
DARK = colours()[':root[data-theme="dark"]']


def test_the_dark_is_the_same_by_the_system_and_by_the_button() -> None:
    """It is written twice, since a selector can't say both; and what the light has, the dark has as well."""
    assert colours()[':root:not([data-theme="light"])'] == DARK
    assert DARK.keys() == LIGHT.keys()
    assert len(LIGHT) > 10


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Source: WCAG 2.2, "contrast ratio"."""
    less, more = sorted((luminance(one), luminance(other)))
    return (more + 0.05) / (less + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_text_can_be_read_on_every_ground(theme: dict[str, str]) -> None:
    """4.5 to 1 at least, as WCAG's AA asks of text; 3 to 1 of what only bounds a control."""
    words = ("ink", "soft", "good", "bad", "warn", "link", "one", "two", "three", "four", "five")
    for word, ground in product(words, ("ground", "card", "pick")):
        assert contrast(theme[word], theme[ground]) >= 4.5, (word, ground)
    for line, ground in product(("strong", "bar"), ("ground", "card")):
        assert contrast(theme[line], theme[ground]) >= 3, (line, ground)


def test_contrast_is_measured_as_it_is_defined() -> None:
    """Black on white is 21 to 1, a colour on itself 1 to 1."""
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#777777") == 1
