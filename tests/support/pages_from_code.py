"""The pages of ``docs/`` that are made from the code, and the parts of hand-written pages that are.

Two pages are made as a whole: the codes and the settings. In other pages a part stands between two comments,
``<!-- made: NAME -->`` and ``<!-- end: NAME -->``. ``tests/docs/test_docs_pages.py`` compares all of it with the code;
this writes it anew::

    PYTHONPATH=tests uv run python -m support.pages_from_code
"""

from __future__ import annotations

import io
import re
import tempfile
import textwrap
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import click
import tomli
from loguru import logger
from rich.console import Console
from support.sessions import Watcher, plan_for, shipped_config
from support.work_counts import read_budget

from actors.session.session import start_session
from neo.alerts.alert import EVENT_MEANINGS
from neo.config.reading import describe, show_value
from neo.config.schema import section_fields, sections_of
from neo.ledger import EXCHANGE_2_3, EXCHANGE_3_0
from neo.ledger.amendments import CHOICES, Rules
from neo.ledger.transactions.kinds import HANDLERS, NEEDS
from neo.messages import MarketView, Message, Side
from neo.messages.halts import HALT_FACTS
from neo.messages.reasons import ABSENCE_MEANINGS, HOLD_MEANINGS, REFUSAL_MEANINGS
from neo.messages.routes import ROUTES
from tools.commands.alerts import EXIT_NOT_DELIVERED
from tools.commands.config import EXIT_NOT_WIRED
from tools.commands.conformance import EXIT_FAILED, EXIT_UNREADABLE
from tools.commands.db import EXIT_UNSOUND
from tools.commands.doctor import EXIT_NOT_READY
from tools.commands.drill import EXIT_NOT_AS_PROMISED
from tools.commands.record import EXIT_DIFFERS
from tools.commands.run import run
from tools.commands.sweep import EXIT_SOME_FAILED
from tools.commands.table import _COMMANDS, EXIT_OUR_FAULT
from tools.console.errors import EXIT_INTERRUPTED, EXIT_OUTPUT_LOST, EXIT_SIGNALLED, EXIT_STARTUP
from tools.console.link import EXIT_NO_SESSION, EXIT_REFUSED, EXIT_UNSURE
from tools.page.exposition import PAGE_FIGURES
from tools.page.session_figures import SESSION_FIGURES
from tools.screen.known import KnownSession, outset_of
from tools.screen.layout import draw_panel
from tools.settings.shipped import SHIPPED

ROOT = Path(__file__).parents[2]
_WIDTH = 120
_MADE_BY = "<!-- Made from the code by tests/support/pages_from_code.py: mend it there, not here. -->"

# What a command other than `neo run` may end with. Every EXIT_ constant of tools/ is here; a test looks for them.
COMMAND_CODES: tuple[tuple[int, str, str], ...] = (
    (EXIT_FAILED, "`neo conformance`", "the embedded ledger differs from a recording"),
    (EXIT_SOME_FAILED, "`neo sweep`", "some of its sessions did not run to their end; the others are kept"),
    (EXIT_NOT_WIRED, "`neo config audit`", "a key is not read, not there, or something could stand in for it"),
    (EXIT_NOT_READY, "`neo doctor`", "something that a live or a paper session needs is not as it must be"),
    (EXIT_NOT_DELIVERED, "`neo alerts test`", "a channel did not take the test alert; it says why"),
    (EXIT_DIFFERS, "`neo record info --verify`", "a ledger comes out otherwise than it was recorded"),
    (EXIT_UNREADABLE, "`neo conformance`", "a recording can't be read"),
    (2, "any", "a mistake on the command line"),
    (EXIT_UNSOUND, "`neo db check`", "the database is damaged, or a table differs from the journal"),
    (EXIT_NO_SESSION, "those that speak to a session", "no session runs on this database"),
    (EXIT_REFUSED, "those that speak to a session", "the session refused, or its ledger took no payment; it says why"),
    (EXIT_NOT_AS_PROMISED, "`neo drill`", "the drill did not end as promised"),
    (EXIT_UNSURE, "those that speak to a session", "it got the command, and whether it did it is not known"),
    (EXIT_STARTUP, "any", "something that you can mend: a profile, a path, a database, a broken install"),
    (EXIT_OUR_FAULT, "any", "a fault of NEO's own, with a traceback; a session's `unexpected_halt` is the same"),
    (EXIT_OUTPUT_LOST, "any", "in place of 0: not all of the output could be written (a full disk)"),
    (EXIT_SIGNALLED, "any but a session", "plus the signal's number: it was asked to end by that signal"),
    (EXIT_INTERRUPTED, "any but a session", "Ctrl+C, or a question that nobody answered"),
)

_CODES = """# Codes

{made_by}

Every code that NEO prints, and what it means. Three words that the tables use:

- **anchor**: the price that our quotes are measured from: the AMM's spot price, or the middle of the order book when
  the two are some way apart. [How NEO quotes](quoting.md) tells when.
- **touch**: the best bid and the best ask of others. A quote at the touch is at that price.
- **viable**: a quote is viable if some distance from the anchor is both far enough to be worth the risk and near enough
  that the pool does not undercut it.

## How a session ended

`neo run` leaves with the exit code of its ending. The session's row in the database, the summary and the log have the
name.

{endings}

[Operating NEO](operate.md#signals) tells which signal gives which ending, and which endings are worth a restart.

## What a command ends with

0 is success, also when the reader of the output leaves early (`| head`). A session's own codes are above; beside them:

{commands}

## Why a quote is not on the book

The panel and `neo status` name a code whenever a side has no quote.

**Refused**: the strategy wanted the quote, and a limit of `[risk]` is against it.

{refusals}

**Held back**: there was nothing to ask risk for, or risk said yes and the quote could not leave after all.

{holds}

**Absent**: nothing has been decided about this side.

{absences}
"""

_SETTINGS = """# Settings

{made_by}

A profile is a TOML file that has every one of these keys. Nothing has a default in code: a key that is missing,
unknown, retired, out of range or at odds with another is refused, with the file, the key, the value and what to write
instead.

```
uv run neo config check my.toml             # all problems at once; exit code 30 if there is one
uv run neo config show my.toml --seed 7     # what a session would run with, and the hash that tells configs apart
uv run neo config audit                     # every key: where it is read, and what uses it
```

{profiles}

Behind each key: its value in `config/paper.toml`, the default profile (and in another shipped profile, where that
differs), then what it takes. `[venue]` has other keys for each kind of venue, and `[gateway]` is there for the kind
`live` alone: the last sections, with the values of {others}.
{sections}
"""


def pages() -> dict[str, str]:
    """Every page that holds something made from the code, as it has to be; the panel's figures are left as they are."""
    parts: dict[str, Callable[[], str]] = {
        "messages": messages,
        "routes": lambda: "\n".join(ROUTES.markdown()),
        "commands": commands,
        "options": options,
        "executed": executed,
        "choices": choices,
        "figures": figures,
        "alerts": alerts,
        "pythons": pythons,
        "budget": budget,
    }
    made = {"docs/codes.md": codes(), "docs/settings.md": settings()}
    for page in ("operate", "house", "ledger", "metrics", "alerts", "speed"):
        path = f"docs/{page}.md"
        text = (ROOT / path).read_text(encoding="utf-8")
        for name in re.findall(r"<!-- made: (\w+) -->", text):
            text = with_part(text, name, parts[name]())
        made[path] = text
    return made


def part_of(text: str, name: str) -> str:
    """What stands between a part's two comments."""
    found = re.search(rf"<!-- made: {name} -->\n(.*?)\n<!-- end: {name} -->", text, flags=re.DOTALL)
    assert found is not None, f"the page has no part {name}"
    return found[1]


def with_part(text: str, name: str, part: str) -> str:
    """The page with a part made anew."""
    return text.replace(f"<!-- made: {name} -->\n{part_of(text, name)}\n", f"<!-- made: {name} -->\n{part}\n")


def table(head: str, rows: Iterator[tuple[object, ...]]) -> str:
    """Rows as a Markdown table; ``head`` is its first two lines."""
    return "\n".join([head, *(f"| {' | '.join(str(cell) for cell in row)} |" for row in rows)])


def codes() -> str:
    """``docs/codes.md``."""
    endings = sorted(HALT_FACTS.items(), key=lambda item: item[1].exit_code)

    def meanings(told: Mapping[str, str]) -> str:
        return table("| code | meaning |\n| --- | --- |", ((f"`{code}`", meaning) for code, meaning in told.items()))

    return _CODES.format(
        made_by=_MADE_BY,
        endings=table(
            "| code | ending | meaning |\n| ---: | --- | --- |",
            ((facts.exit_code, f"`{reason}`", facts.meaning) for reason, facts in endings),
        ),
        commands=table("| code | command | meaning |\n| ---: | --- | --- |", iter(sorted(COMMAND_CODES))),
        refusals=meanings(REFUSAL_MEANINGS),
        holds=meanings(HOLD_MEANINGS),
        absences=meanings(ABSENCE_MEANINGS),
    )


def settings() -> str:
    """``docs/settings.md``: the default profile's comments, the schema's ranges, the values of each profile."""
    names = sorted((ROOT / "config").glob("*.toml"), key=lambda path: (path.stem != "paper", path.stem))
    profiles = {path.stem: path.read_text(encoding="utf-8") for path in names}
    values = {name: tomli.loads(text, parse_float=str) for name, text in profiles.items()}
    heads = {name: _comment(text.partition("\n[")[0].partition("\n\n")[0]) for name, text in profiles.items()}
    lines = _sections("paper", profiles["paper"], values)
    others = [name for kind, name in SHIPPED.items() if kind != "sim"]
    for name in others:
        own = re.split(r"\n\n(?=#|\[)", profiles[name])
        # The venue's, then the gateway's if there is one, each with the comment before its name.
        for text in (part for part in own if re.search(r"^\[(?:venue|gateway)\]", part, re.MULTILINE)):
            lines += _sections(name, f"\n\n{text}", values)
    told = "\n".join(line for name, head in heads.items() for line in _wrapped(f"- `config/{name}.toml`: {head}", "  "))
    shown = " and ".join(f"`config/{name}.toml`" for name in others)
    return _SETTINGS.format(made_by=_MADE_BY, profiles=told, sections="\n".join(lines), others=shown)


def _sections(profile: str, text: str, values: Mapping[str, dict[str, Any]]) -> list[str]:
    """A profile's sections behind its first paragraph: heading, comment, keys."""
    kind = values[profile]["venue"]["kind"]
    lines: list[str] = []
    comment: list[str] = []
    section = ""
    for line in text.partition("\n\n")[2].splitlines():
        if line.startswith("#"):
            comment.append(line)
        elif line.startswith("["):
            section = line.strip("[]")
            of_kind = f" of kind `{kind}`" if section == "venue" else ""
            lines += ["", f"## `[{section}]`{of_kind}", ""]
            lines += [*_wrapped(_comment("\n".join(comment))), ""] if comment else []
            comment = []
        elif " = " in line:
            key = line.partition(" = ")[0]
            told = _values(profile, section, key, values)
            takes = describe(section_fields(sections_of(kind)[section])[key])
            range_ = "" if takes == told else f"; {takes}"
            lines += _wrapped(f"- **`{key}`** ({told}{range_}): {_comment(chr(10).join(comment))}", "  ")
            comment = []
    return lines


def _values(profile: str, section: str, key: str, values: Mapping[str, dict[str, Any]]) -> str:
    default = values[profile][section][key]
    others = {name: of[section][key] for name, of in values.items() if key in of.get(section, {})}
    told = [f"{_shown(value)} in {name}" for name, value in others.items() if value != default and key != "kind"]
    return "; ".join([_shown(default), *told])


def _shown(value: object) -> str:
    """``parse_float`` keeps a number with a point as the text that the file has."""
    return str(value) if isinstance(value, str) and re.fullmatch(r"[\d.]+", value) else show_value(value)


def _comment(text: str) -> str:
    return " ".join(line.removeprefix("#").strip() for line in text.splitlines() if line.startswith("#"))


def _wrapped(text: str, indent: str = "") -> list[str]:
    # A line that began with a minus would be an item of a list.
    kept = text.replace(" - ", "\0-\0")
    lines = textwrap.wrap(kept, _WIDTH, subsequent_indent=indent, break_on_hyphens=False, break_long_words=False)
    return [line.replace("\0", " ") for line in lines]


def commands() -> str:
    """Every command with its line of help."""
    rows = ((f"`neo {name}`", line.removesuffix(".")) for name, (_, line) in _COMMANDS.items())
    return table("| command | does |\n| --- | --- |", rows)


def options() -> str:
    """The options of ``neo run``."""
    rows = []
    for option in run.params:
        assert isinstance(option, click.Option)
        metavar = "" if option.is_flag else f" {option.make_metavar(click.Context(run))}".replace("|", "\\|")
        rows.append((f"`{option.opts[0]}{metavar}`", (option.help or "").removesuffix(".")))
    return table("| option | effect |\n| --- | --- |", iter(rows))


def executed() -> str:
    """Every type of transaction that the embedded ledger executes, and what its module says of it."""
    needed = {choice: f"`{name}`" for name, choice in CHOICES.items()}
    rows = []
    for kind, handler in sorted(HANDLERS.items()):
        said = (getattr(handler, "__doc__", None) or "").partition("\n\n")[0].partition(": ")[2]
        what = " ".join(said.split()).removesuffix(".").replace("``", "`")
        rows.append((f"`{kind}`", what, needed.get(NEEDS.get(kind, ""), "")))
    return table("| type | what it does | needs |\n| --- | --- | --- |", iter(rows))


def choices() -> str:
    """Every amendment that is a choice of the rules, and what hangs on it."""
    told = dict(re.findall(r"^ +(\w+): (.+)$", Rules.__doc__ or "", re.MULTILINE))
    rows = []
    for name, choice in sorted(CHOICES.items()):
        what = told[choice].replace("``", "`").removesuffix(".").removesuffix(f" ({name})")
        sets = [known for known, held in (("2.3", EXCHANGE_2_3), ("3.0", EXCHANGE_3_0)) if name in held]
        rows.append((f"`{name}`", what, ", ".join(sets)))
    return table("| amendment | what it decides | in the recordings of |\n| --- | --- | --- |", iter(rows))


def figures() -> str:
    """Every figure of ``/metrics``, by what it is about."""
    told = [
        f"### {title}\n\n"
        + table(
            "| figure | type | labels | what it is, and where it comes from |\n| --- | --- | --- | --- |",
            (
                (f"`{each.exported}`", each.kind, ", ".join(each.labels), each.help.replace(" Source: ", " From "))
                for each in group
            ),
        )
        for title, group in {**SESSION_FIGURES, "Of the page itself": PAGE_FIGURES}.items()
    ]
    return "\n\n".join(told)


def alerts() -> str:
    """Every event that an alert may be about."""
    rows = ((f"`{event}`", severity, meaning) for event, (severity, meaning) in EVENT_MEANINGS.items())
    return table("| event | severity | what happened |\n| --- | --- | --- |", rows)


def pythons() -> str:
    """What a session takes under each Python, as it was when its budget was written."""
    heads = ("Python", "bytecodes a tick", "instructions a tick", "time a tick", "ticks a second", "peak, 2 h")
    rows = [
        (
            own["interpreter"].partition(" ")[0],
            f"{sum(own['steps'].values()):,}",
            f"{own['instructions'] / 1e6:.2f} million" if "instructions" in own else "not counted",
            f"{own['cpu_us']:,} \N{MICRO SIGN}s",
            f"{1e6 / own['cpu_us']:,.0f}",
            f"{own['peak_mb']} MB",
        )
        for _, own in _budgets()
    ]
    return table(f"| {' | '.join(heads)} |\n| --- |{' ---: |' * (len(heads) - 1)}", iter(rows))


def budget() -> str:
    """The bytecodes of a tick by part, under each Python."""
    budgets = list(_budgets())
    parts = sorted(budgets[0][1]["steps"], key=lambda part: -budgets[0][1]["steps"][part])
    rows = ((part, *(f"{own['steps'][part]:,}" for _, own in budgets)) for part in parts)
    head = f"| part | {' | '.join(version for version, _ in budgets)} |\n| --- |{' ---: |' * len(budgets)}"
    return table(head, rows)


def _budgets() -> list[tuple[str, dict[str, Any]]]:
    return sorted(read_budget().items(), key=lambda item: int(item[0].partition(".")[2]))


def messages() -> str:
    """The catalogue: every message, where it stands, and what it says of itself; the routes tell all else."""
    rows = []
    for kind in sorted(Message.__subclasses__(), key=lambda kind: kind.__name__):
        if kind.__module__.startswith("neo.messages."):
            place = f"`{kind.__module__.removeprefix('neo.messages.')}`"
            first = re.sub(r":class:`(\w+)`|``(.+?)``", r"`\1\2`", (kind.__doc__ or "").strip().partition("\n\n")[0])
            rows.append((f"`{kind.__name__}`", place, " ".join(first.split())))
    return table("| message | module | what it is |\n| --- | --- | --- |", iter(rows))


def panel_picture(after_ledgers: int = 400, size: tuple[int, int] = (100, 22)) -> str:
    """The live panel of a real session of the default profile, once both sides rest, as a block of text."""
    logger.disable("actors")
    with tempfile.TemporaryDirectory() as folder:
        plan = plan_for(
            Path(folder) / "neo.sqlite3",
            seed=20260121,
            duration_s=7200 if after_ledgers > 80 else 360,
            config=shipped_config(),
        )
        course, frames = KnownSession(outset_of(plan)), list[str]()
        ledgers = 0

        def look(message: Message) -> None:
            nonlocal ledgers
            course.observe(message, 0.0)
            if isinstance(message, MarketView):
                ledgers += 1
                sides = {offer.side for offer in message.own_offers if not offer.pending}
                if ledgers >= after_ledgers and sides == set(Side) and not frames:
                    out = Console(file=io.StringIO(), width=size[0], color_system=None, legacy_windows=False)
                    out.print(draw_panel(course, 240.0, size, now_s=0.0, ascii_only=False))
                    assert isinstance(out.file, io.StringIO)
                    frames.append("\n".join(line.rstrip() for line in out.file.getvalue().splitlines()))

        start_session(plan, Watcher(look))
    logger.enable("actors")
    return f"```text\n{frames[0]}\n```"


def labels(picture: str) -> list[str]:
    """The first column of a panel: what its rows are about."""
    rows = (line[2:12].strip() for line in picture.splitlines() if line.startswith("│ "))
    return [row for row in rows if row[:1].isalpha()]


def main() -> None:
    """Write every page anew, the panel's picture in the README too."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for path, text in {**pages(), "README.md": with_part(readme, "panel", panel_picture())}.items():
        (ROOT / path).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
