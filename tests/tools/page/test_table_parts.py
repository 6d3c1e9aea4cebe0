"""Choices in addresses: what they mean, what is refused, and the way from page to page."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from support.page_markup import Markup

from actors.page.exchange import PageRequest
from actors.store.table_pages import RowChoice
from tools.page.ground import PageError
from tools.page.now_cells import Cell
from tools.page.table_parts import TEXT, Filter, choice_of, filter_form, pager, table

FILTERS = (Filter("side", "Side", {"buy": "buy", "sell": "sell"}), TEXT)


def chosen(**query: str) -> RowChoice:
    given: dict[str, Sequence[str]] = {name: [value] for name, value in query.items()}
    return choice_of(PageRequest(method="GET", path="/", query=given), FILTERS)


def test_an_address_without_a_choice_is_all_of_the_first_page() -> None:
    assert chosen() == RowChoice()


def test_a_choice_is_read_whole() -> None:
    """Times are UTC; one without seconds begins or ends its minute."""
    choice = chosen(side="buy", text=" o17 ", since="2026-01-21T15:03", until="2026-01-21 15:03Z", page="3")
    assert choice == RowChoice(side="buy", text="o17", since="2026-01-21T15:03:00", until="2026-01-21T15:03:59", page=3)


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ({"side": "both"}, "side: there is no 'both'; choose one of buy, sell."),
        ({"since": "yesterday"}, "since: 'yesterday' is no time; write it in UTC, as 2026-01-21T15:03:00."),
        ({"until": "2026-13-01T00:00"}, "until: '2026-13-01T00:00' is no time"),
        ({"page": "0"}, "page: '0' is no page; the first is 1."),
        ({"page": "-1"}, "page: '-1' is no page"),
        ({"page": "9" * 30}, "is no page"),
        ({"page": "\u0663"}, "is no page"),
        ({"sid": "buy"}, "'sid' is nothing that this table is chosen by; it takes side, text, since, until, page."),
        ({"text": "x" * 201}, "text: at most 200 characters can be looked for."),
    ],
)
def test_what_can_not_be_chosen_is_refused_by_its_name(query: dict[str, str], told: str) -> None:
    """With its value and what to write; a table that is empty for no reason would be believed."""
    with pytest.raises(PageError) as refused:
        chosen(**query)
    assert refused.value.status == 400
    assert told in refused.value.message


def test_the_form_has_the_choice_that_made_the_page() -> None:
    """So that it can be changed a field at a time."""
    form = filter_form("/f", FILTERS, RowChoice(side="sell", text='"x', since="2026-01-21T15:03:00"))
    assert Markup(form.encode()).faults == []
    assert '<option value="sell" selected>' in form
    assert 'value="&quot;x"' in form
    assert 'name="since" value="2026-01-21T15:03:00" data-utc' in form


def test_pages_lead_to_their_neighbours_and_both_ends() -> None:
    """With the choice in each address; the page that is shown says so."""
    shown = pager("/f", RowChoice(side="buy", page=5), 1001)
    page = Markup(shown.encode())
    assert page.faults == []
    assert "1,001 rows, page 5 of 21" in page.text
    assert page.links == {
        "Newer": "/f?side=buy&page=4", "1": "/f?side=buy", "3": "/f?side=buy&page=3", "4": "/f?side=buy&page=4",
        "5": "/f?side=buy&page=5", "6": "/f?side=buy&page=6", "7": "/f?side=buy&page=7", "21": "/f?side=buy&page=21",
        "Older": "/f?side=buy&page=6",
    }  # fmt: skip
    assert shown.count("aria-current") == 1


def test_beyond_the_end_the_way_leads_back() -> None:
    """As an old address may, of a choice that has fewer rows now."""
    page = Markup(pager("/f", RowChoice(page=9), 51).encode())
    assert page.links["Newer"] == "/f?page=2"
    assert "Older" not in page.links
    assert "no rows" in pager("/f", RowChoice(), 0)


def test_a_table_names_each_cells_column_for_narrow_screens() -> None:
    """Text is text, a link leads where it says, a number stands to the right."""
    shown = table("Fills", ("order", "price"), [[Cell("<o1>", href="/j?order=1&x"), Cell("1.9", number=True)]])
    assert Markup(shown.encode()).faults == []
    assert '<td data-column="order"><a href="/j?order=1&amp;x">&lt;o1&gt;</a></td>' in shown
    assert '<td class="num" data-column="price">1.9</td>' in shown
    assert '<th scope="col" class="num">price</th>' in shown
