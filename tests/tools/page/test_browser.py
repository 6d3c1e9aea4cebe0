"""The page in a real browser, as an operator uses it: with a mouse, by keys alone, in the dark, on a telephone.

Method: the page's own server in a thread (``support/page_host.py``) with a session in the test's hand, and Debian's
Chromium (``support/browser.py``). In no test may the console tell of an error or a request leave the machine. Whole
sessions behind the page are in ``test_browser_sessions.py``.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest
from playwright.sync_api import Browser, Page, expect
from support import cli_feed as feed
from support.browser import Watched, chromium, trouble, watched
from support.many_fills import add_fills
from support.page_host import TOKEN, PageHost
from support.page_site import StandIn, moment_of, status_at
from support.sessions import plan_for, run

from actors.operator.protocol import Kill, Pause, Status
from actors.plumbing.tap import Tapped
from neo.analysis.tally import Counts, Traded
from neo.messages import LossRoom, Message, QuotingPaused, Side
from tools.page.ground import PageGround

MANY = 10_000
OWN = (feed.offer(Side.BUY, "1.9418"), feed.offer(Side.SELL, "1.9439"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for all tests."""
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A session with ten thousand fills."""
    path = tmp_path_factory.mktemp("page") / "neo.sqlite3"
    found = run(plan_for(path, seed=20260121, duration_s=60)).session_id
    add_fills(path, found, MANY)
    return path, found


@pytest.fixture
def session(database: tuple[Path, str]) -> StandIn:
    """The session, as if it ran."""
    return StandIn(database[0], standing(database[1], feed.orders(1), feed.fill(1, Side.BUY)))


@pytest.fixture
def host(database: tuple[Path, str], session: StandIn) -> Iterator[PageHost]:
    """Its page, served."""
    served = PageHost(PageGround([database[0]]))
    served.begin_anew(session)
    yield served
    served.stop()


@pytest.fixture
def seen(browser: Browser, host: PageHost) -> Iterator[Watched]:
    """A page of the browser."""
    with watched(browser, host.base) as opened:
        yield opened


def standing(session_id: str, *messages: Message, number: int = 5, **fields: Any) -> Status:
    """Where a session stands after a ledger."""
    room = LossRoom(Decimal("90.78"), "risk.max_drawdown_rlusd", Decimal(50), Decimal(100))
    view = msgspec.structs.replace(feed.view(number, own=OWN), loss_room=room)
    return status_at(moment_of([feed.started(), *messages, view]), session_id, **fields)


def at(session: StandIn, path: str = "") -> str:
    return f"/session/{session.session_id}{path}"


# --- Now ---------------------------------------------------------------------------------------------------------


def test_now_shows_where_the_session_stands_and_follows_it(seen: Watched, host: PageHost, session: StandIn) -> None:
    """At once as the server made it, and then without a reload."""
    page = seen.open(at(session))
    expect(page.locator("#state")).to_have_text("quoting both sides")
    expect(page.locator('[data-table="ladder"] tr').first).to_contain_text("touch ask")
    expect(page.locator('[data-table="fills"] tr')).to_have_count(1)
    expect(page.locator('meter[data-meter="limit_loss"]')).to_have_attribute("aria-labelledby", "limit_loss-words")
    page.evaluate("document.body.dataset.first = 'yes'")
    paused = QuotingPaused(ledger_index=feed.FIRST_LEDGER, close_time_s=feed.START_S, cause="neo pause: lunch")
    fills = (feed.fill(1, Side.BUY), feed.fill(6, Side.SELL))
    session.now = standing(session.session_id, *fills, paused, number=7)
    expect(page.locator("#state")).to_have_text("PAUSED (neo pause: lunch)")
    expect(page.locator('[data-cell="state"]')).to_have_class("plain warn")
    expect(page.locator('[data-table="fills"] tr')).to_have_count(2)
    expect(page.locator('[data-table="fills"] a').first).to_have_text("sold 7.70 XRP")
    expect(page.locator('[data-cell="ledger"]')).to_have_text("90,000,007")
    assert page.evaluate("document.body.dataset.first") == "yes", "it was not loaded anew"


def test_a_lost_connection_is_told_and_mended(seen: Watched, host: PageHost, session: StandIn) -> None:
    """With the time since when, and figures that grow old; when the page is back it goes on by itself."""
    page = seen.open(at(session))
    expect(page.locator('[data-cell="ledger"]')).to_have_text("90,000,005")
    host.stop()
    expect(page.locator("#linkage")).to_contain_text("Connection lost since")
    expect(page.locator('[data-cell="age"]')).to_have_text("5 s ago")
    session.now = standing(session.session_id, number=9)
    host.begin_anew(session)
    expect(page.locator('[data-cell="ledger"]')).to_have_text("90,000,009")
    expect(page.locator("#linkage")).to_have_text("")
    seen.forgive("net::ERR")


def test_after_the_end_the_page_goes_on_to_the_next_session(
    seen: Watched, host: PageHost, session: StandIn, database: tuple[Path, str], tmp_path: Path
) -> None:
    """The end is told with its reason; once another session runs, its page is there without a word of the operator."""
    page = seen.open(at(session))
    expect(page.locator("#linkage")).to_have_text("")
    expect(page.locator('[data-cell="tick"]')).to_have_text("1")
    host.do(partial(session.end, "kill_switch", "neo kill: enough"))
    host.do(partial(host.ground.end, session.session_id))
    expect(page.locator("#state")).to_have_text("ended: kill_switch (neo kill: enough)")
    expect(page.locator("#linkage")).to_contain_text("Session ended at")
    path = tmp_path / "next.sqlite3"
    later = run(plan_for(path, duration_s=20)).session_id
    host.do(lambda: host.ground.begin(StandIn(path, standing(later, number=3))))
    page.wait_for_url(f"**/session/{later}")
    expect(page.locator('[data-cell="ledger"]')).to_have_text("90,000,003")


# --- The hand ----------------------------------------------------------------------------------------------------


def test_a_wrong_token_changes_nothing_and_is_told(seen: Watched, session: StandIn) -> None:
    """Where it was written is where one is to go on; the right one is kept for the window, and for no other place."""
    page = seen.open(at(session))
    page.get_by_label("Token").fill("wrong")
    page.get_by_role("button", name="Pause").click()
    expect(page.locator("#answer")).to_contain_text("Not done: That is not the token.")
    expect(page.get_by_label("Token")).to_be_focused()
    assert session.orders == []
    page.get_by_label("Token").fill(TOKEN)
    form = page.get_by_role("form", name="Pause or resume")
    form.get_by_label("Reason").fill("lunch")
    form.get_by_role("button", name="Pause").click()
    expect(page.locator("#answer")).to_contain_text("Waiting for what comes of it")
    page.wait_for_timeout(300)
    assert session.orders == [Pause("lunch")]
    assert page.evaluate("window.sessionStorage.getItem('neo-token')") == TOKEN
    assert TOKEN not in page.evaluate("JSON.stringify(window.localStorage) + document.cookie + location.href")
    seen.forgive("401")


def test_with_the_keyboard_alone_a_session_is_read_paused_and_ended(seen: Watched, session: StandIn) -> None:
    """The first stop leads past the navigation; a kill needs its word, which is asked for before anything is sent."""
    page = seen.open(at(session))
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="To the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    walk_to(page, "#token")
    page.keyboard.type(TOKEN)
    walk_to(page, "details.kill summary")
    page.keyboard.press("Enter")
    walk_to(page, 'details.kill input[name="reason"]')
    page.keyboard.type("enough")
    page.keyboard.press("Enter")
    assert session.orders == [], "not without the word"
    walk_to(page, 'details.kill input[name="confirm"]')
    page.keyboard.type("kill")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#answer")).to_contain_text("Asked: Kill this session")
    page.wait_for_timeout(300)
    assert session.orders == [Kill("enough")]
    page.keyboard.press("g")
    page.keyboard.press("f")
    page.wait_for_url("**/fills")


def walk_to(page: Page, selector: str) -> None:
    """Press Tab until something has the focus."""
    for _ in range(80):
        if page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"no key leads to {selector}")


def test_without_scripts_the_page_is_read_and_the_hand_works(
    browser: Browser, host: PageHost, session: StandIn
) -> None:
    """Whole as the server made it, and each form has the token's field of its own."""
    with watched(browser, host.base, java_script_enabled=False) as seen:
        page = seen.open(at(session))
        expect(page.locator("#state")).to_have_text("quoting both sides")
        expect(page.locator("time").first).to_have_count(0)
        form = page.get_by_role("form", name="Pause or resume")
        form.get_by_label("Reason").fill("lunch")
        form.get_by_label("Token").fill("wrong")
        form.get_by_role("button", name="Pause").click()
        expect(page.locator("body")).to_contain_text("That is not the token.")
        assert session.orders == []
        seen.forgive("401")


# --- Tables ------------------------------------------------------------------------------------------------------


def test_ten_thousand_fills_open_filter_and_page_in_well_under_a_second(seen: Watched, session: StandIn) -> None:
    """By the browser's own measure, on the first page and on the last; each row leads to its record."""
    page = seen.open(at(session, "/fills"))
    assert loaded_ms(page) < 1000
    expect(page.locator("table.rows tbody tr")).to_have_count(50)
    expect(page.locator(".pager p").first).to_contain_text("rows, page 1 of 20")
    first = page.locator("table.rows tbody tr").first
    expect(first).to_contain_text("x010000")
    page.get_by_label("Side").select_option("buy")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url("**/fills?side=buy")
    expect(page.locator("table.rows tbody tr").first).to_contain_text("x009999")
    page.get_by_role("link", name="Older").first.click()
    page.wait_for_url("**/fills?side=buy&page=2")
    assert loaded_ms(page) < 1000
    page.locator("table.rows tbody tr a", has_text="#").first.click()
    expect(page.locator("li.chosen pre")).to_contain_text('"order_id": "x0098')


@pytest.mark.parametrize(
    ("tab", "counts", "others"),
    [
        ("fills", Counts(bought=Traded(fills=1)), Counts(orders={"place": 1}, refused={"a": 1})),
        ("orders", Counts(orders={"place": 1}), Counts(sold=Traded(fills=1), refused={"a": 1})),
        ("refusals", Counts(held_back={"a": 1}), Counts(sold=Traded(fills=1), orders={"place": 1})),
    ],
)
def test_newer_rows_are_told_where_they_came_and_nowhere_else(
    seen: Watched, session: StandIn, tab: str, counts: Counts, others: Counts
) -> None:
    """A table stays as it is under the reader's eyes, with a way to what has come since."""
    page = seen.open(at(session, f"/{tab}"))
    newer, state = page.locator("#newer"), page.locator("#state")
    expect(newer).to_have_attribute("data-first", "0")
    paused = QuotingPaused(ledger_index=feed.FIRST_LEDGER, close_time_s=feed.START_S, cause="neo pause: lunch")
    session.now = standing(session.session_id, paused, number=6, counts=others)
    expect(state).to_have_text("PAUSED (neo pause: lunch)")
    expect(newer).to_be_hidden()
    session.now = standing(session.session_id, number=7, counts=counts)
    expect(newer).to_be_visible()
    newer.get_by_role("link").click()
    expect(newer).to_have_attribute("data-first", "1")
    expect(newer).to_be_hidden()


def loaded_ms(page: Page) -> float:
    """From the click to a whole page."""
    page.wait_for_load_state("load")
    return float(page.evaluate("performance.getEntriesByType('navigation')[0].loadEventStart"))


def test_times_are_in_the_operators_zone_and_the_address_keeps_utc(
    browser: Browser, host: PageHost, session: StandIn
) -> None:
    """Nine hours later in Tokyo; an address that is sent on means the same moment to everybody."""
    with watched(browser, host.base, timezone_id="Asia/Tokyo") as seen:
        page = seen.open(at(session, "/fills?since=2027-01-15T00:00:40"))
        expect(page.locator("#zone")).to_contain_text("Asia/Tokyo")
        expect(page.locator("table.rows tbody time").first).to_have_text("2027-01-15 20:06:40")
        expect(page.locator("table.rows tbody time").first).to_have_attribute("title", "2027-01-15 11:06:40 UTC")
        expect(page.get_by_label("From")).to_have_value("2027-01-15T09:00:40")
        page.get_by_label("From").fill("2027-01-15T20:06:00")
        page.get_by_role("button", name="Show").click()
        page.wait_for_url("**/fills?since=2027-01-15T11%3A06%3A00")
        expect(page.locator(".pager p").first).to_contain_text("11 rows")


# --- The tap -----------------------------------------------------------------------------------------------------

HOSTILE = "<img src=x onerror=document.title='taken'>"


def test_a_hostile_filter_of_the_tap_gets_the_servers_sentence_and_runs_nothing(
    seen: Watched, session: StandIn
) -> None:
    """What is wrong with it is told as text, and what is there instead."""
    page = seen.open(at(session, "/events"))
    page.get_by_label("Where").fill(f"{HOSTILE}=1")
    page.get_by_role("button", name="Start").click()
    expect(page.locator("#tap-state")).to_contain_text("is no field of any message")
    page.get_by_label("Where").fill("side" * 200)
    page.get_by_role("button", name="Start").click()
    expect(page.locator("#tap-state")).to_contain_text("is not a condition; write FIELD=VALUE")
    assert page.title().startswith("Events")
    assert page.locator("#tap img").count() == 0
    seen.forgive("400")


def test_the_tap_shows_messages_as_text_and_keeps_so_many(seen: Watched, session: StandIn) -> None:
    """A bounded number of rows, the newest first, whatever is in them."""
    session.flow = [Tapped(number, "gateway", "telemetry", {"type": "Fill", "order_id": f"o{number}", "side": "buy",
                                                            "note": HOSTILE}) for number in range(180)]  # fmt: skip
    session.flow += [Tapped(None, "risk", "gateway", {"type": "OrdersAllowed", "side": "sell"})]
    page = seen.open(at(session, "/events"))
    page.get_by_label("Where").fill("side=buy")
    page.get_by_role("button", name="Start").click()
    rows = page.locator("#tap-rows tr")
    expect(rows).to_have_count(180)
    expect(rows.first).to_contain_text("o179")
    expect(rows.first).to_contain_text("onerror")
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("#tap-state")).to_contain_text("Stopped; 180 seen")
    for _ in range(2):
        page.get_by_role("button", name="Start").click()
        expect(rows).to_have_count(180)
    assert page.title().startswith("Events")


# --- For all -----------------------------------------------------------------------------------------------------

PAGES = ("", "/fills", "/orders", "/refusals", "/events", "/journal?seq=5", "/journal?order=o000001", "/fills?side=x")


@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (1280, "dark")])
def test_every_page_can_be_read_and_used_by_all(
    browser: Browser, host: PageHost, session: StandIn, width: int, scheme: str
) -> None:
    """Names, contrast, headings, and nothing beyond the window's edge: in the light and in the dark, in any size."""
    size = {"width": width, "height": 800}
    with watched(browser, host.base, color_scheme=scheme, viewport=size) as seen:
        for path in PAGES:
            page = seen.open(at(session, path))
            assert trouble(page) == [], path
        seen.forgive("400")


def test_a_page_that_can_not_be_read_is_found(browser: Browser, host: PageHost, session: StandIn) -> None:
    """A rule that can't fail protects nothing."""
    with watched(browser, host.base) as seen:
        page = seen.open(at(session))
        page.evaluate(
            """() => {
              const bad = document.createElement('div');
              bad.innerHTML = '<h1>two</h1><button></button><input tabindex="-1"><p id="pale">pale</p>';
              document.getElementById('main').append(bad);
              const pale = document.getElementById('pale').style;
              pale.color = '#999999';
              pale.backgroundColor = '#ffffff';
              pale.width = '3000px';
            }"""
        )
        found = "\n".join(trouble(page))
        for told in (
            "no name: <button",
            "no name: <input",
            "not reached by key",
            "not one h1",
            "contrast 2.8",
            "wider",
        ):
            assert told in found


def test_the_theme_is_the_operators_choice(browser: Browser, host: PageHost, session: StandIn) -> None:
    """As the system has it until the button says otherwise, and then on every page."""
    with watched(browser, host.base, color_scheme="light") as seen:
        page = seen.open(at(session))
        ground = "getComputedStyle(document.body).backgroundColor"
        light = page.evaluate(ground)
        button = page.get_by_role("button", name="Theme")
        button.click()
        expect(button).to_have_text("Theme: light")
        button.click()
        expect(button).to_have_text("Theme: dark")
        dark = page.evaluate(ground)
        assert dark != light
        page = seen.open(at(session, "/orders"))
        assert page.evaluate(ground) == dark
        page.keyboard.press("t")
        expect(page.get_by_role("button", name="Theme")).to_have_text("Theme: system")
        assert page.evaluate(ground) == light
