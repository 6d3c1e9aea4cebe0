"""What every key of a profile has in common: no default, a unit last in its name, and bounds in which a slip shows.

Method: the keys are gone through by the unit in their names, as an operator reads them.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import tomli
from support.profile_tables import PAPER, tables

from neo.config import Config, parse_config
from neo.config.reading import WrongValueError, convert
from neo.config.schema import VENUE_KINDS, section_fields, sections_of

D = Decimal


def keys() -> Iterator[tuple[str, Any, type]]:
    """Every dotted key of every kind of venue, with its type as it is annotated and as it is kept."""
    for name, section in sections_of(None).items():
        for one in VENUE_KINDS.values() if name == "venue" else (section,):
            for key, hint in section_fields(one).items():
                yield f"{name}.{key}", hint, _plain(hint)


def _plain(hint: Any) -> type:
    plain = getattr(hint, "__origin__", hint)
    return plain if isinstance(plain, type) else str


NUMBERS = {key: (hint, plain) for key, hint, plain in keys() if plain in (int, Decimal)}


def with_unit(*units: str) -> dict[str, tuple[Any, type]]:
    """The numbers whose names have one of these words in them."""
    return {key: found for key, found in NUMBERS.items() if set(key.partition(".")[2].split("_")) & set(units)}


def refuses(hint: Any, value: object) -> bool:
    """Whether a key does not take a value."""
    try:
        convert(hint, value)
    except WrongValueError:
        return True
    return False


def test_the_sections_are_those_of_the_shipped_profile_in_its_order() -> None:
    """The file that we ship is the complete list of keys: there is none that it hides."""
    shipped = tables()
    names = ("replay", "paper-network", "live-stage1")
    replay, network, live = (tomli.loads((PAPER.parent / f"{name}.toml").read_text(encoding="utf-8")) for name in names)
    for kind, table in (("sim", shipped), ("replay", replay), ("paper", network)):
        assert list(sections_of(kind)) == list(shipped) == list(table)
    assert list(sections_of("live")) == list(section_fields(Config)) == list(live)
    written = {
        name: [*shipped.get(name, ()), *replay.get(name, ()), *network.get(name, ()), *live[name]] for name in live
    }
    written |= {name: list(table) for name, table in shipped.items() if name != "venue"}
    assert [key for key, _, _ in keys()] == [f"{name}.{key}" for name in live for key in written[name]]


def test_no_key_has_a_default_and_no_value_can_be_changed_later() -> None:
    """What a profile doesn't say, the engine doesn't guess."""
    config = parse_config(tables(), "paper.toml")
    for name in Config.__struct_fields__:
        section = getattr(config, name)
        if section is None:
            continue
        assert section.__struct_defaults__ == ()
        with pytest.raises(AttributeError, match="immutable"):
            setattr(section, section.__struct_fields__[0], 1)


def test_a_section_is_made_by_the_names_of_its_keys_alone() -> None:
    """By place, two numbers could change theirs without a word."""
    for made in (*sections_of("sim").values(), *sections_of("live").values()):
        with pytest.raises(TypeError):
            made(*[1] * len(made.__struct_fields__))


@pytest.mark.parametrize("key", NUMBERS)
def test_no_number_may_be_negative_endless_or_none(key: str) -> None:
    """Not one key means anything by it."""
    hint, plain = NUMBERS[key]
    assert refuses(hint, -1)
    assert refuses(hint, D("Infinity"))
    assert refuses(hint, D("NaN"))
    assert refuses(hint, D("-0.5"))
    assert plain is Decimal or refuses(hint, D("1.5"))


@pytest.mark.parametrize("key", with_unit("percent"))
def test_a_percentage_ends_at_a_hundred(key: str) -> None:
    """Who writes 250 thinks of something else."""
    hint, _ = NUMBERS[key]
    assert not refuses(hint, 100)
    assert refuses(hint, 101)


@pytest.mark.parametrize("key", [key for key in with_unit("bps") if "per_bps" not in key])
def test_basis_points_end_before_the_whole_price(key: str) -> None:
    """10,000 of them are all of it: somebody took a basis point for something smaller."""
    hint, _ = NUMBERS[key]
    assert not refuses(hint, 50)
    assert refuses(hint, 10_000)


@pytest.mark.parametrize("key", with_unit("seconds"))
def test_seconds_are_told_from_milliseconds(key: str) -> None:
    """A year and two days in any key is a mistake in the unit; a minute is none, but for a ledger's interval."""
    hint, _ = NUMBERS[key]
    assert not refuses(hint, 10)
    assert refuses(hint, 368 * 86_400)


@pytest.mark.parametrize("key", [*with_unit("rlusd"), "risk.max_xrp_exposure"])
def test_an_amount_of_rlusd_is_one_that_the_ledger_can_hold(key: str) -> None:
    """A token's amount has 16 digits there, 15 of them for any amount; a limit on XRP is its value in RLUSD."""
    hint, plain = NUMBERS[key]
    assert plain is Decimal
    assert not refuses(hint, D("0.1234567890123"))
    assert refuses(hint, D("0.1234567890123456"))
    assert refuses(hint, 10**12)


@pytest.mark.parametrize(
    "key", [key for key in with_unit("xrp") if key.endswith("_xrp") and NUMBERS[key][1] is Decimal]
)
def test_an_amount_of_xrp_has_whole_drops(key: str) -> None:
    """An amount finer than the ledger can hold is refused, and never rounded unseen."""
    hint, _ = NUMBERS[key]
    assert not refuses(hint, D("1.000001"))
    assert refuses(hint, D("1.0000001"))


@pytest.mark.parametrize(
    "key", [key for key in NUMBERS if key.endswith(("_max", "_ledgers", "_minute", "_files", "levels"))]
)
def test_what_is_counted_is_a_whole_number_unless_it_is_measured_in_basis_points(key: str) -> None:
    """Nobody can ask for two and a half makers or half a ledger."""
    _, plain = NUMBERS[key]
    assert (plain is int) or "bps" in key


def test_the_kinds_of_venues_are_known_by_what_a_profile_writes() -> None:
    """Each kind on the list can in fact be chosen by its name."""
    for kind, section in VENUE_KINDS.items():
        assert convert(section_fields(section)["kind"], kind) == kind
