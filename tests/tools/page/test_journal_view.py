"""The pages of events and of the journal: what happened in words, and the very records, without what nobody may see."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from support import cli_feed as feed
from support.page_site import StandIn, asked, looked_at, moment_of, status_at
from support.report_sessions import run_with_moves
from support.store_database import rows, tamper

from actors.store.trade_rows import orders_of
from tools.page.ground import PageGround


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A session with a deposit."""
    path = tmp_path_factory.mktemp("journal") / "neo.sqlite3"
    return path, run_with_moves(path, {20: (25_000_000, "0")}, duration_s=160).session_id


@pytest.fixture
def ground(database: tuple[Path, str]) -> PageGround:
    return PageGround([database[0]])


async def test_events_are_told_in_words_the_newest_first(ground: PageGround, database: tuple[Path, str]) -> None:
    """The beginning, capital, the end; each leads to its record."""
    page = await looked_at(ground, f"/session/{database[1]}/events")
    told = [row[2] for row in page.rows[1:]]
    assert told[0] == "session ended"
    assert told[-1] == "session started"
    assert {"halt raised", "capital ordered", "capital moved"} <= set(told)
    halted = page.rows[1 + told.index("halt raised")]
    assert halted[3].startswith("reason duration_elapsed; detail 160 s; source session")
    assert page.rows[-1][0] == "2026-01-21 15:03:00 UTC"
    assert "opening (100.000000 XRP, rlusd 200, reserve 1.200000 XRP" in page.rows[-1][3]
    assert page.rows[1][3] == "reason duration_elapsed; detail 160 s; standing as the record has it"
    assert page.rows[-2][3] == "cause opening balance; 100.000000 XRP; rlusd 200"
    assert page.links[halted[4]].endswith(f"/journal?seq={halted[4][1:]}")
    assert "Messages as they flow" not in page.text, "it does not run"


async def test_warnings_and_restarts_are_told_of_a_session_that_has_ended(
    ground: PageGround, database: tuple[Path, str]
) -> None:
    """The journal has none of them; whatever they say is text."""
    told = json.dumps(["<b>slow disk</b>"])
    tamper(database[0], f"UPDATE sessions SET warnings = '{told}'")  # noqa: S608 - the test's own words
    page = await looked_at(ground, f"/session/{database[1]}/events")
    assert "<b>slow disk</b>" in page.text
    assert "Restarts and warnings" in page.headings


async def test_a_running_sessions_events_have_the_tap_and_its_warnings(
    ground: PageGround, database: tuple[Path, str]
) -> None:
    """With every message's type to choose from; and what its log warned of, which no table has yet."""
    ground.begin(StandIn(database[0], status_at(moment_of([feed.started()]), database[1])))
    page = await looked_at(ground, f"/session/{database[1]}/events")
    assert "Messages as they flow" in page.headings
    assert "none that this page heard of" in page.text
    for note in ("first", "<b>second</b>"):
        ground.warn(database[1], note)
    page = await looked_at(ground, f"/session/{database[1]}/events")
    assert "<b>second</b>first" in page.text
    body = (await asked(ground, f"/session/{database[1]}/events")).body.decode()
    assert "<option>WalCheckpointed</option>" in body
    assert "<option>ActorRestarted</option>" in body


async def test_a_record_is_shown_as_it_is_with_its_neighbours(ground: PageGround, database: tuple[Path, str]) -> None:
    """Five on each side, and the way to those before and after."""
    page = await looked_at(ground, f"/session/{database[1]}/journal?seq=20")
    assert re.findall(r"#(\d+) \w", page.text) == [str(seq) for seq in range(15, 26)]
    assert page.links["Earlier"].endswith("?seq=9")
    assert page.links["Later"].endswith("?seq=26")
    first = await looked_at(ground, f"/session/{database[1]}/journal?seq=1")
    assert "Earlier" not in first.links
    assert '"type": "SessionStarted"' in first.text


async def test_an_orders_records_are_its_life_without_its_signed_transaction(
    ground: PageGround, database: tuple[Path, str]
) -> None:
    """Which anybody could send who had it."""
    order = orders_of(*database)[0].id
    page = await looked_at(ground, f"/session/{database[1]}/journal?order={order}")
    for kind in ("OrderIntended", "OrderSigned", "OrderSubmitted"):
        assert f'"type": "{kind}"' in page.text
    ((blob,),) = rows(database[0], "SELECT blob FROM orders WHERE id = ?", order)
    assert len(blob) > 100
    assert blob not in page.text
    assert f'"blob": "[{len(blob)} characters]"' in page.text


@pytest.mark.parametrize(
    ("query", "status", "told"),
    [
        ("", 400, "seq: which record is not told; write ?seq=1"),
        ("?seq=x", 400, "seq: 'x' is no number of a record"),
        ("?seq=-1", 400, "is no number of a record"),
        (f"?seq={'9' * 40}", 400, "is no number of a record"),
        ("?seq=999999", 404, "The journal has no record #999999."),
        ("?order=zz", 404, "The journal has nothing of an order 'zz'."),
        (f"?order={'o' * 65}", 400, "order: no order is called"),
    ],
)
async def test_what_is_not_there_is_told_with_the_way_to_what_is(
    ground: PageGround, database: tuple[Path, str], query: str, status: int, told: str
) -> None:
    """A mistyped address is no empty page."""
    answer = await asked(ground, f"/session/{database[1]}/journal{query}")
    assert answer.status == status
    assert told in answer.body.decode().replace("&#x27;", "'")
