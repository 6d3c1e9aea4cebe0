"""A page's markup looked at without a browser: what it says, and what no page of ours may have."""

from __future__ import annotations

from html.parser import HTMLParser

_VOID = {"meta", "link", "input", "br", "img", "hr"}
_CONTROLS = {"input", "select", "textarea"}
# What a strict policy would block, so it must not be relied on.
_INLINE = {"style"}


class Markup(HTMLParser):
    """A page, read once.

    ``faults`` has what is wrong: tags that are not closed, names that come twice, controls without a label, what the
    policy forbids, what comes from elsewhere. ``cells`` has the text of each ``data-cell``, ``rows`` each table's rows.
    """

    def __init__(self, page: bytes) -> None:
        super().__init__(convert_charrefs=True)
        self.faults: list[str] = []
        self.cells: dict[str, str] = {}
        self.meters: dict[str, float] = {}
        self.rows: list[list[str]] = []
        self.links: dict[str, str] = {}
        self.headings: list[str] = []
        self.text = ""
        self._open: list[tuple[str, dict[str, str]]] = []
        self._ids: set[str] = set()
        self._labelled: list[str] = []
        self.feed(page.decode())
        self.close()
        self.faults += [f"<{tag}> is not closed" for tag, _ in self._open]
        self.faults += [f"nothing is called {name}" for name in self._labelled if name not in self._ids]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self._judge(tag, given)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th") and self.rows:
            self.rows[-1].append("")
        if tag in ("h1", "h2"):
            self.headings.append("")
        if tag == "meter" and "data-meter" in given and "hidden" not in given:
            self.meters[given["data-meter"]] = float(given["value"])
        if "data-cell" in given:
            self.cells[given["data-cell"]] = ""
        if tag not in _VOID:
            self._open.append((tag, given))

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open[-1][0] != tag:
            self.faults.append(f"</{tag}> closes nothing")
            return
        self._open.pop()

    def handle_data(self, data: str) -> None:
        self.text += data
        for tag, given in self._open:
            if "data-cell" in given:
                self.cells[given["data-cell"]] += data
            if tag in ("td", "th"):
                self.rows[-1][-1] += data
            if tag in ("h1", "h2"):
                self.headings[-1] += data
            if tag == "a" and "href" in given:
                self.links[data] = given["href"]

    def _judge(self, tag: str, given: dict[str, str]) -> None:
        where = f"<{tag} {given}>"
        if tag in _INLINE or "style" in given or any(name.startswith("on") for name in given):
            self.faults.append(f"{where} is inline")
        if tag == "script" and not given.get("src", "").startswith("/assets/"):
            self.faults.append(f"{where} is inline or from elsewhere")
        for name in ("src", "href", "action", "formaction"):
            if "//" in given.get(name, "") or given.get(name, "").startswith("javascript"):
                self.faults.append(f"{where} leads elsewhere")
        if (name := given.get("id")) is not None:
            if name in self._ids:
                self.faults.append(f"{name} comes twice")
            self._ids.add(name)
        self._labelled += given.get("aria-labelledby", "").split() + given.get("aria-describedby", "").split()
        is_named = "aria-label" in given or "aria-labelledby" in given
        in_label = any(tag == "label" for tag, _ in self._open)
        if (tag in _CONTROLS or tag == "meter") and given.get("type") != "hidden" and not (is_named or in_label):
            self.faults.append(f"{where} has no name")
        if tag == "table" and not is_named:
            self.faults.append(f"{where} has no name")
