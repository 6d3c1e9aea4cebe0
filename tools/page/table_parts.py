"""What the pages of tables are made of: the choice in the address, the form that makes it, the table, the page numbers.

An address tells all of a choice, so it can be kept and sent on: ``/session/ID/fills?side=buy&page=2``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from urllib.parse import urlencode

import msgspec

from actors.page.exchange import PageRequest
from actors.store.table_pages import PAGE_ROWS, RowChoice
from neo.text.redaction import excerpt
from tools.console.markup import escape
from tools.console.words import count
from tools.page.ground import PageError
from tools.page.now_cells import Cell

# More pages than any session has rows, and few enough for SQLite's whole numbers.
_PAGE_MAX: Final = 10_000_000
_TEXT_MAX: Final = 200
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(?::[0-9]{2})?", re.ASCII)


class Filter(msgspec.Struct, frozen=True):
    """One field of a choice as the form has it.

    Args:
        name: Of the field in the address, and in :class:`RowChoice`.
        words: Its label.
        options: What it may be, with the words for each; none for a text.
    """

    name: str
    words: str
    options: Mapping[str, str] = {}


TEXT = Filter("text", "Text")


def choice_of(request: PageRequest, filters: Sequence[Filter]) -> RowChoice:
    """The choice that an address tells.

    Raises:
        PageError: A value that the field can't have: which, and which it can; or a field that there is not.
    """
    known = [*(one.name for one in filters), "since", "until", "page"]
    if unknown := sorted(request.query.keys() - set(known)):
        told = excerpt(unknown[0], 40)
        raise PageError(400, f"'{told}' is nothing that this table is chosen by; it takes {', '.join(known)}.")
    values: dict[str, str] = {}
    for one in filters:
        value = _last(request, one.name)
        if one.options and value and value not in one.options:
            may = ", ".join(one.options)
            raise PageError(400, f"{one.name}: there is no '{excerpt(value, 40)}'; choose one of {may}.")
        if len(value) > _TEXT_MAX:
            raise PageError(400, f"{one.name}: at most {_TEXT_MAX} characters can be looked for.")
        values[one.name] = value
    return RowChoice(
        **values,
        since=_moment(request, "since", ":00"),
        until=_moment(request, "until", ":59"),
        page=_page(_last(request, "page")),
    )


def _last(request: PageRequest, name: str) -> str:
    given = request.query.get(name)
    return given[-1].strip() if given else ""


def _moment(request: PageRequest, name: str, seconds: str) -> str:
    text = _last(request, name).removesuffix("Z").replace(" ", "T")
    if not text:
        return ""
    if not _is_moment(text):
        told = excerpt(text, 40)
        raise PageError(400, f"{name}: '{told}' is no time; write it in UTC, as 2026-01-21T15:03:00.")
    return text if text.count(":") == 2 else text + seconds


def _is_moment(text: str) -> bool:
    if not _MOMENT.fullmatch(text):
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _page(text: str) -> int:
    if not text:
        return 1
    if not text.isascii() or not text.isdigit() or len(text) > 8 or not 1 <= int(text) <= _PAGE_MAX:
        raise PageError(400, f"page: '{excerpt(text, 40)}' is no page; the first is 1.")
    return int(text)


# --- Markup ------------------------------------------------------------------------------------------------------


def filter_form(action: str, filters: Sequence[Filter], choice: RowChoice) -> str:
    """The form that makes a choice."""
    fields = "".join(_field(one, str(getattr(choice, one.name))) for one in filters)
    times = "".join(
        f'<label><span data-zoned>{words} (UTC)</span><input type="datetime-local" step="1" name="{name}"'
        f' value="{escape(value)}" data-utc></label>'
        for name, words, value in (("since", "From", choice.since), ("until", "To", choice.until))
    )
    clear = f'<a href="{escape(action)}">All</a>'
    return (
        f'<form class="filter" method="get" action="{escape(action)}" data-filter aria-label="Which rows">'
        f'{fields}{times}<div class="buttons"><button>Show</button>{clear}</div></form>'
    )


def _field(one: Filter, value: str) -> str:
    words = escape(one.words)
    if not one.options:
        text = f'<input name="{one.name}" value="{escape(value)}" maxlength="{_TEXT_MAX}">'
        return f"<label><span>{words}</span>{text}</label>"
    options = "".join(
        f'<option value="{escape(key)}"{" selected" if key == value else ""}>{escape(told)}</option>'
        for key, told in {"": "all", **one.options}.items()
    )
    return f'<label><span>{words}</span><select name="{one.name}">{options}</select></label>'


def table(name: str, columns: Sequence[str], rows: Sequence[Sequence[Cell | str]]) -> str:
    """A table, in which narrow screens have each row as a block with the columns' words in it.

    Args:
        name: What it is a table of, for those who don't see it.
        columns: Their words.
        rows: Cells, or their markup.
    """
    numbers = {at for row in rows for at, cell in enumerate(row) if isinstance(cell, Cell) and cell.number}
    marks = [' class="num"' if at in numbers else "" for at in range(len(columns))]
    heads = "".join(f'<th scope="col"{mark}>{escape(words)}</th>' for mark, words in zip(marks, columns, strict=True))
    body = "".join(
        f"<tr>{''.join(_cell(cell, words) for cell, words in zip(row, columns, strict=True))}</tr>" for row in rows
    )
    return (
        f'<div class="scroll"><table class="rows" aria-label="{escape(name)}"><thead><tr>{heads}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _cell(cell: Cell | str, column: str) -> str:
    if isinstance(cell, str):
        return f'<td data-column="{escape(column)}">{cell}</td>'
    classes = " ".join(filter(None, ("num" if cell.number else "", cell.tone)))
    marked = f' class="{classes}"' if classes else ""
    text = escape(cell.text)
    inner = f'<a href="{escape(cell.href)}">{text}</a>' if cell.href else text
    return f'<td{marked} data-column="{escape(column)}">{inner}</td>'


def pager(action: str, choice: RowChoice, total: int) -> str:
    """Where one is among the pages, and the way to the others."""
    pages = max(1, -(-total // PAGE_ROWS))
    here = choice.page
    told = f"{count(total, 'row')}, page {here:,} of {pages:,}" if total else "no rows"
    near = sorted({1, pages, *range(max(1, here - 2), min(pages, here + 2) + 1)})
    items, before = [], 0
    for page in near:
        gap = '<li aria-hidden="true">...</li>' if page > before + 1 else ""
        current = ' aria-current="page"' if page == here else ""
        name = f' aria-label="Page {page:,}"'
        items.append(f'{gap}<li><a href="{escape(_at(action, choice, page))}"{name}{current}>{page:,}</a></li>')
        before = page
    if here > 1:
        items.insert(0, f'<li><a rel="prev" href="{escape(_at(action, choice, min(pages, here - 1)))}">Newer</a></li>')
    if here < pages:
        items.append(f'<li><a rel="next" href="{escape(_at(action, choice, here + 1))}">Older</a></li>')
    listed = f"<ul>{''.join(items)}</ul>" if pages > 1 or here > 1 else ""
    return f'<nav class="pager" aria-label="Pages of the table"><p>{told}</p>{listed}</nav>'


def _at(action: str, choice: RowChoice, page: int) -> str:
    fields = {name: value for name, value in msgspec.structs.asdict(choice).items() if value and name != "page"}
    if page > 1:
        fields["page"] = page
    return f"{action}?{urlencode(fields)}" if fields else action
