"""The shape of the house: tests that lie as their modules, one class a name, true senders, shields with deadlines.

Method: as in ``test_house.py``; each rule is run over the tree and over a bad sample. The lists of exceptions only
shrink: one that is no longer needed has to go.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest
from support import cli_house as house
from support import house_shape as shape

from neo.messages import Finish
from neo.messages.routes import ROUTES, Route

ROOT = Path(__file__).parents[1]
SOURCES = house.python_files(ROOT, house.FLOORS)
TESTS = house.python_files(ROOT, ["tests"])

# Shields in the tree. Each is a place that an interrupt can't leave, so each one more needs a word here: the rungs of
# the way down, and the answer of the database's thread.
SHIELDS = 2

# Modules without a test file of their own, by the folder's or the module's path, and where they are tested instead.
UNMIRRORED = {
    # A folder ends with a slash.
    "neo/desk/": "through the dealer and on recorded ledgers: test_dealer.py, test_booking.py",
    "neo/ledger/": "recorded ledgers play all of it: test_conformance.py, test_ledger_rules.py, test_properties.py",
    "neo/risk/limits.py": "fields, each filled from its key: tests/neo/config/test_key_wiring.py",
    "neo/alerts/alert.py": "words and fields, and what a list of events names: test_alert_watch.py",
    "neo/alerts/alert_settings.py": "fields, each filled from its key: test_alert_config.py",
    "neo/market/recording.py": "five fields",
    "neo/chain/pair.py": "three fields",
    "neo/network/kept_market.py": "through a simulated world that is read back: tests/neo/sim/test_world_text.py",
    "neo/replay/market_setup.py": "what every scenario starts from: test_conformance.py, test_market_records.py",
    "actors/venues/live/feed.py": "through whole sessions on a ledger server: test_live_venue.py",
    "actors/venues/live/pair_feed.py": "through whole sessions and an observer: test_live_venue.py, test_observer.py",
    "neo/replay/paper_text.py": "through a kept fork: tests/actors/venues/paper/test_paper_world.py",
    "neo/wire/paper_config.py": "fields, each read by the part that it is for: test_paper_host.py",
    "actors/venues/live/live_settings.py": "fields, each read by the part that it is for",
    "neo/mirror/embedded.py": "through the mirror, on recorded markets: test_mirror.py",
    "neo/replay/forked_market.py": "through both that are one: test_replayed.py, test_paper_market.py",
    "neo/replay/likeness.py": "through the fork, on recorded and on spoilt markets: tests/neo/replay/test_fork.py",
    "neo/replay/nodes.py": "through what is applied as recorded: test_as_recorded.py",
    "neo/replay/twin.py": "beside whole live sessions, which have the truth: test_twin_run.py",
    "neo/replay/recorded.py": "two tables of fields, and no code",
    "neo/sim/facts.py": "numbers, each with its source; what they come to in a day: tests/neo/sim/test_market.py",
    "neo/sim/view.py": "what a decision may see, and no code: tests/neo/sim/test_sight.py",
    "neo/strategy/settings.py": "fields, each filled from its key: tests/neo/config/test_key_wiring.py",
    "neo/strategy/models/": "every model in one table: tests/neo/strategy/test_models.py",
    "neo/watch/session_watch.py": "in whole sessions: tests/actors/session/test_gates_session.py",
    "actors/alerts/delivery.py": "what each channel promises: test_webhook.py, test_mail.py, test_own_command.py",
    "actors/alerts/url_pulse.py": "one request: tests/actors/lookout/test_heartbeat.py",
    "actors/lookout/watched.py": "through a service that asks and orders: test_lookout.py",
    "actors/operator/": "through the channel as a client sees it: test_channel.py, test_channel_strangers.py",
    "actors/page/exchange.py": "fields, and no code",
    "actors/plumbing/board.py": "what the panel and the safety watch read: tests/tools/screen, tests/actors/session",
    "actors/plumbing/seeded.py": "one line, which every whole session depends on",
    "actors/plumbing/wiring.py": "every whole session is wired by it, one of them with the least bounds",
    "actors/risk.py": "test_actor_kit.py; what it decides: tests/neo/risk",
    "actors/session/": "through whole sessions: test_session.py, test_endings.py, test_recovery.py",
    "actors/store/": "through the store's face: test_append.py, test_tables.py, test_verify.py, test_trouble.py",
    "actors/strategy.py": "test_actor_kit.py; what it decides: tests/neo/strategy",
    "actors/telemetry.py": "test_actor_kit.py; what it logs: tests/actors/session/test_session.py",
    "actors/venues/": "through the world and whole sessions: tests/actors/venues/sim/test_world.py",
    "tools/commands/": "as they are typed: test_<command>_command.py",
    "tools/console/": "through what is printed: test_output.py, test_terminal.py, tests/tools/commands/test_signals.py",
    "tools/page/figure.py": "in every figure that is exported: test_session_figures.py, test_exposition.py",
    "tools/page/plain_page.py": "as a site tells it: tests/tools/page/test_site.py",
    "tools/proofs/": "through the drills and the audit themselves: test_audit.py, tests/actors/session/test_drills.py",
    "tools/recordings/": "through the command as it is typed: test_record_command.py",
    "tools/reporting/": "through whole pages: test_pages.py, test_forms.py, and tests/tools/commands",
    "tools/screen/": "through what it draws: test_screen.py, test_screen_session.py",
    "tools/sweep/": "through whole sweeps: tests/tools/commands/test_sweep_command.py, test_findings.py",
}


# --- Names -------------------------------------------------------------------------------------------------------


def test_no_two_public_classes_share_a_name() -> None:
    """One name is one thing, wherever in the house it stands."""
    assert shape.same_class_names(SOURCES) == []


def test_two_classes_of_one_name_are_found() -> None:
    """With every place; a private class is its module's own matter."""
    sample = {"neo/a.py": "class Row: ...\nclass _Own: ...", "tools/b.py": "class Row: ...\nclass _Own: ..."}
    assert shape.same_class_names(sample) == ["Row: neo/a.py, tools/b.py"]


# --- Mirrors -----------------------------------------------------------------------------------------------------


def covered(module: str) -> set[str]:
    """The exceptions that a module is under: itself, or a folder above it."""
    return {each for each in UNMIRRORED if module == each or (each.endswith("/") and module.startswith(each))}


def test_every_module_has_a_test_file_of_its_name_or_a_reason_for_none() -> None:
    """The reason names where it is tested instead, and goes once it is needless."""
    missing = shape.without_mirror(SOURCES, TESTS)
    assert [module for module in missing if not covered(module)] == []
    needed = {each for module in missing for each in covered(module)}
    assert sorted(set(UNMIRRORED) - needed) == [], "no longer an exception: take it off the list"


def test_every_test_file_that_a_reason_names_is_there() -> None:
    """A reason that leads nowhere is none."""
    named = {(module, file) for module, reason in UNMIRRORED.items() for file in re.findall(r"test_\w+\.py", reason)}
    there = {path.rpartition("/")[2] for path in TESTS}
    assert sorted((module, file) for module, file in named if file not in there) == []
    folders = {(module, path) for module, reason in UNMIRRORED.items() for path in re.findall(r"tests/[\w/]+", reason)}
    assert sorted((module, path) for module, path in folders if not any(each.startswith(path) for each in TESTS)) == []


def test_nine_tests_in_ten_state_their_promise_in_a_sentence() -> None:
    """A test's name says what happens; its sentence what a user can rely on, or where the numbers come from."""
    stated = [bool(sentence) for source in TESTS.values() for sentence in shape.promises(source)]
    assert sum(stated) >= 0.9 * len(stated)


def test_a_test_without_a_sentence_is_counted() -> None:
    """An assertion's comment is none, and a helper needs none."""
    source = 'def test_a():\n    """A."""\n\n\nasync def test_b():\n    assert 1  # b\n\n\ndef help():\n    ...'
    assert shape.promises(source) == ["A.", None]


def test_a_module_without_its_test_file_is_found() -> None:
    """A file of the right name in another folder is not its mirror."""
    sources = ["neo/__init__.py", "neo/risk/judge.py", "neo/risk/room.py"]
    assert shape.without_mirror(sources, ["tests/neo/risk/test_judge.py", "tests/neo/test_room.py"]) == [
        "neo/risk/room.py"
    ]


def test_no_two_test_files_share_a_name() -> None:
    """One name is one module to the type checker."""
    assert house.same_names(TESTS) == []


# --- Senders -----------------------------------------------------------------------------------------------------

# Whose code each file is, of the parts that send to each other. A channel does not know who sends through it, so the
# table of routes is held to who makes a message.
PARTS = {
    "actors/gateway.py": "gateway",
    "neo/desk/": "gateway",
    "actors/strategy.py": "strategy",
    "neo/strategy/": "strategy",
    "actors/risk.py": "risk",
    "neo/risk/": "risk",
    "actors/persistence.py": "persistence",
    "actors/store/": "persistence",
    "actors/plumbing/supervisor.py": "supervisor",
    "actors/session/": "session",
    "actors/operator/": "session",
    "actors/venues/": "venue",
    "neo/mirror/": "venue",
    "neo/replay/": "venue",
    "neo/network/": "venue",
}

# What one part makes, and another one has it by a call.
HANDED = {
    "SessionStarted": ("session", "gateway"),  # the plan's opening, made once the gateway knows the first ledger
    "ActorRestarted": ("supervisor", "session"),  # the supervisor has no end of its own to telemetry
    "OrderChanged": ("session", "gateway"),  # recovery writes off lost orders itself, while no gateway runs
}


def misdeclared(table: Iterable[Route], made: Mapping[str, set[str]]) -> list[str]:
    """Messages that a part makes and is not declared to send, or is to send and neither makes nor passes on."""
    found = []
    for route in table:
        senders = {hop.sender for hop in route.hops}
        receivers = {hop.receiver for hop in route.hops}
        maker, sender = HANDED.get(route.name, ("", ""))
        makers = {sender if part == maker else part for part in made[route.name]}
        found += [f"{route.name} is made by {part}" for part in sorted(makers - senders)]
        found += [f"{route.name} is not made by {part}" for part in sorted(senders - makers - receivers)]
    return found


def test_each_message_is_made_by_the_part_that_the_routes_say_sends_it() -> None:
    """Or was received by it, and is passed on: the table tells a reader in whose code to look."""
    below_tools = {path: source for path, source in SOURCES.items() if not path.startswith("tools/")}
    made = shape.makers(below_tools, ROUTES.by_name, PARTS)
    assert misdeclared(ROUTES.table, made) == []
    needless = [name for name, (maker, _) in HANDED.items() if maker not in made[name]]
    assert needless == [], "no longer an exception: take it off the list"


@pytest.mark.parametrize(
    ("path", "source", "told"),
    [
        ("actors/session/ladder.py", "x = Finish()", []),
        ("actors/session/ladder.py", "x = Finish.of(y)", []),
        ("actors/session/ladder.py", "x = Finish if y else z", []),
        ("actors/session/ladder.py", "x: Finish = isinstance(y, Finish)", ["Finish is not made by session"]),
        ("neo/risk/judge.py", "x = Finish()", ["Finish is made by risk", "Finish is not made by session"]),
        ("neo/text/x.py", "x = Finish()", ["Finish is made by neo/text/x.py", "Finish is not made by session"]),
    ],
)
def test_a_message_that_another_part_makes_is_found(path: str, source: str, told: list[str]) -> None:
    """By whom it is made instead, and who is declared to send it and does not."""
    assert misdeclared([ROUTES.by_type[Finish]], shape.makers({path: source}, ["Finish"], PARTS)) == told


# --- Docstrings --------------------------------------------------------------------------------------------------


def test_what_a_docstring_lists_stands_one_a_line() -> None:
    assert [finding for path, source in SOURCES.items() for finding in shape.crowded_lists(path, source)] == []


@pytest.mark.parametrize("line", ["pays: drops. gets: tokens.", "fee: the fee, if any. low, high: the bounds."])
def test_a_docstring_that_lists_two_things_in_a_line_is_found(line: str) -> None:
    source = f'class Offer:\n    """An offer.\n\n    Attributes:\n        {line}\n    """\n'
    assert shape.crowded_lists("neo/a.py", source) == [f"neo/a.py: {line}"]
    assert shape.crowded_lists("neo/a.py", source.replace("Attributes:", "It is made of:")) == []


# --- Shields -----------------------------------------------------------------------------------------------------


def test_shields_are_few_and_each_has_its_deadline() -> None:
    """Nothing can hold up an interrupt for ever, and a new shield is noticed."""
    assert [finding for path, source in SOURCES.items() for finding in shape.endless_shields(path, source)] == []
    assert sum(len(shape.shields(path, source)) for path, source in SOURCES.items()) == SHIELDS


@pytest.mark.parametrize(
    "source",
    [
        "with trio.CancelScope(shield=True): ...",
        "with trio.move_on_after(5): scope.shield = True",
        "with trio.CancelScope() as scope:\n    scope.shield = True",
    ],
)
def test_a_shield_without_a_deadline_of_its_own_is_found(source: str) -> None:
    """One on a scope around it does nothing, since a shield keeps that out as well."""
    assert len(shape.endless_shields("actors/risk.py", source)) == 1


@pytest.mark.parametrize("call", ["move_on_after(5, shield=True)", "CancelScope(deadline=5, shield=True)"])
def test_a_shield_with_its_deadline_is_counted_and_good(call: str) -> None:
    """Either form of writing the deadline will do."""
    assert len(shape.shields("actors/risk.py", f"with trio.{call}: ...")) == 1
    assert shape.endless_shields("actors/risk.py", f"with trio.{call}: ...") == []
