"""One value of a profile: taken as its key's type keeps it, or refused with what it is, what is wrong and the mend."""

from __future__ import annotations

import datetime
import math
from decimal import Decimal
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neo.config.reading import WrongValueError, convert, describe, nearest, show_value
from neo.text.bounds import Bounds, OneOf, Speed

D = Decimal

COUNT = Annotated[int, Bounds(ge=1, le=10)]
AMOUNT = Annotated[Decimal, Bounds(gt=0, lt=1000, decimals=6)]
LEVEL = Literal["DEBUG", "INFO"]
MODEL = Annotated[str, OneOf(("fixed_offset", "avellaneda_stoikov"))]
SPEED = Annotated[float, Speed()]

# Every kind of value that a TOML file can have, with what it is called.
KINDS: dict[str, Any] = {
    "true or false": True,
    "a text": "x",
    "a whole number": 5,
    "a number with a point": D("5.5"),
    "a list": [5],
    "a table": {"a": 5},
    "a date or time": datetime.date(2026, 1, 21),
}


def fault_of(hint: Any, value: object) -> tuple[str, str]:
    """What is wrong with a value, and the mend."""
    with pytest.raises(WrongValueError) as caught:
        convert(hint, value)
    assert str(caught.value) == caught.value.fault
    return caught.value.fault, caught.value.mend


# --- Types -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hint", "taken", "mend"),
    [
        (COUNT, {"a whole number"}, "write a whole number from 1 to 10"),
        (
            AMOUNT,
            {"a whole number", "a number with a point"},
            "write a number above 0 and below 1000 with at most 6 decimals",
        ),
        (str, {"a text"}, "write a text in quotes"),
        (bool, {"true or false"}, "write true or false"),
        (SPEED, {"a whole number", "a number with a point"}, 'write "max" or a number of 0.001 or more'),
    ],
    ids=["int", "Decimal", "str", "bool", "speed"],
)
def test_a_value_of_another_kind_is_told_for_what_it_is(hint: Any, taken: set[str], mend: str) -> None:
    """``1`` is no ``true``, ``true`` is no number, ``"5"`` is no number either, and ``5.0`` is no whole one."""
    for kind, value in KINDS.items():
        if kind in taken:
            assert convert(hint, value) == value
        else:
            assert fault_of(hint, value) == (f"is {kind}, the wrong type", mend)


@pytest.mark.parametrize(
    ("hint", "choices"), [(LEVEL, '"DEBUG", "INFO"'), (MODEL, '"fixed_offset", "avellaneda_stoikov"')]
)
def test_a_choice_takes_a_text_from_its_list_alone(hint: Any, choices: str) -> None:
    """Nothing but a listed word is taken, and whoever wrote another one gets the list."""
    for kind, value in KINDS.items():
        fault = "is not known here" if kind == "a text" else "is the wrong type"
        assert fault_of(hint, value) == (fault, f"write one of {choices}")


def test_a_choice_that_is_nearly_right_is_led_to_the_right_one() -> None:
    """A slip is answered with the word that was meant, and never silently put right."""
    assert convert(MODEL, "fixed_offset") == "fixed_offset"
    assert fault_of(MODEL, "fixd_offset")[1].endswith('(did you mean "fixed_offset"?)')
    assert fault_of(LEVEL, "info")[1] == 'write one of "DEBUG", "INFO"', "capitals make another word"
    assert fault_of(Literal["sim"], "sin") == ("is not known here", 'write "sim"'), "of one there is nothing to choose"


@pytest.mark.parametrize(
    ("hint", "written", "kept"),
    [(COUNT, 5, 5), (AMOUNT, 5, D(5)), (AMOUNT, D("5.50"), D("5.50")), (SPEED, 2, 2.0), (SPEED, "max", math.inf)],
)
def test_a_good_value_is_kept_in_the_type_of_its_key(hint: Any, written: object, kept: object) -> None:
    """Money becomes a ``Decimal`` though it was written without a point."""
    value = convert(hint, written)
    assert (value, type(value)) == (kept, type(kept))


# --- Numbers -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hint", "value", "fault"),
    [
        (COUNT, 0, "must be at least 1"),
        (COUNT, 11, "must be at most 10"),
        (COUNT, 10**400, "must be at most 10"),
        (AMOUNT, 0, "must be above 0"),
        (AMOUNT, D("-0.000001"), "must be above 0"),
        (AMOUNT, 1000, "must be below 1000"),
        (AMOUNT, D("0.0000001"), "has more than 6 decimals"),
        (AMOUNT, D("1e-999999999"), "has more than 6 decimals"),
        (AMOUNT, D("NaN"), "is not a finite number"),
        (AMOUNT, D("-Infinity"), "is not a finite number"),
        (SPEED, D("NaN"), "is not a finite number"),
        (SPEED, D("Infinity"), "is not a finite number"),
        (SPEED, 0, "must be above 0"),
        (SPEED, -5, "must be above 0"),
        (SPEED, D("0.00099999"), "is too slow: not even a ledger would close in an hour"),
    ],
)
def test_a_number_out_of_its_bounds_is_refused(hint: Any, value: object, fault: str) -> None:
    """The message names the bound that was broken, also for numbers that no machine could work with."""
    assert fault_of(hint, value)[0] == fault


def test_a_bound_is_met_exactly_however_many_digits_a_value_has() -> None:
    """Nothing is rounded on its way to a comparison."""
    assert convert(SPEED, D("0.001")) == 0.001
    just_below = D("999." + "9" * 37)
    assert convert(Annotated[Decimal, Bounds(lt=1000)], just_below) == just_below
    assert fault_of(Annotated[Decimal, Bounds(le=1000)], D("1000." + "0" * 35 + "1"))[0] == "must be at most 1000"


@pytest.mark.parametrize(
    ("value", "is_short"),
    [
        (D("1." + "2" * 39), True),
        (D("1." + "2" * 40), False),
        (D("1e40"), True),
        (D("1e41"), False),
        (D("1e-40"), True),
        (D("1e-41"), False),
        (D("1e-999999999"), False),
        (10**40 - 1, True),
        (10**40, False),
        (-(10**40), False),
        (10**400, False),
    ],
)
def test_a_number_that_would_fill_memory_once_written_out_is_refused(value: int | Decimal, is_short: bool) -> None:
    """Forty digits before or after the point are more than any key means."""
    if is_short:
        assert convert(Decimal, value) == value
    else:
        assert fault_of(Decimal, value) == ("has more than 40 digits, written out", "write a number")


@given(st.decimals(0, 999, places=6).filter(bool))
def test_every_digit_of_an_amount_survives(value: Decimal) -> None:
    """An amount is used and shown just as the operator typed it."""
    taken = convert(AMOUNT, value)
    assert (taken, str(taken)) == (value, str(value))


# --- Texts -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", ["", " ", "\t\n"])
def test_a_text_that_says_nothing_is_empty(value: str) -> None:
    """Blanks are not taken for a file's name."""
    assert fault_of(str, value) == ("is empty", "write a text in quotes")


def test_a_wallets_secret_is_refused_wherever_a_text_belongs() -> None:
    """No setting is one, so it was pasted into the wrong place. The message does not repeat it."""
    seed = "sEdTM1uX8pu2do5XvTnutH6HsouMaM2"
    fault, mend = fault_of(str, f"market/{seed}.csv")
    assert fault == "looks like a wallet's secret"
    assert mend == "take it out of the file: write a text in quotes"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (True, "true"),
        (False, "false"),
        (5, "5"),
        (D("5.50"), "5.50"),
        (D("1e3"), "1E+3"),
        ("max", '"max"'),
        ('a "b" c', '"a \\"b\\" c"'),
        ("ä", '"ä"'),
        ("a\nb\x1b[31m", '"a\\nb\\u001b[31m"'),
        ("x" * 78, f'"{"x" * 78}"'),
        ("x" * 79, f'"{"x" * 76}...'),
        ([], "[]"),
        ([1] * 1234, "a list of 1,234"),
        ({"a": 1}, "a table"),
        (datetime.date(2026, 1, 21), "2026-01-21"),
        (10**400, "a number of hundreds of digits"),
        (10**79, f"1{'0' * 79}"),
        (10**80, f"1{'0' * 76}..."),
        ("sEdTM1uX8pu2do5XvTnutH6HsouMaM2", '"[hidden]"'),
        ("x" * 60 + " sEdTM1uX8pu2do5XvTnutH6HsouMaM2", f'"{"x" * 60} [hidden]"'),
    ],
)
def test_a_value_is_shown_as_the_file_would_have_it_on_one_short_line(value: object, shown: str) -> None:
    """A secret is known by its whole, so it goes before the rest is cut."""
    assert show_value(value) == shown
    assert len(shown) <= 80


@given(st.text(max_size=200))
def test_no_text_breaks_its_line_or_reaches_the_terminal_as_a_command(text: str) -> None:
    """A hostile or broken profile can't garble the screen of whoever reads its faults."""
    shown = show_value(text)
    assert shown.isprintable()
    assert len(shown) <= 80


# --- Words for the operator --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hint", "words"),
    [
        (int, "a whole number"),
        (COUNT, "a whole number from 1 to 10"),
        (Annotated[int, Bounds(ge=0)], "a whole number at least 0"),
        (AMOUNT, "a number above 0 and below 1000 with at most 6 decimals"),
        (
            Annotated[Decimal, Bounds(gt=0, le=100, digits=15)],
            "a number above 0 and at most 100 with at most 15 significant digits",
        ),
        (str, "a text in quotes"),
        (bool, "true or false"),
        (LEVEL, 'one of "DEBUG", "INFO"'),
        (Literal["sim"], '"sim"'),
        (SPEED, '"max" or a number of 0.001 or more'),
    ],
)
def test_what_a_key_takes_is_told_in_words(hint: Any, words: str) -> None:
    """The operator reads what is allowed in plain English, not in the terms of a type."""
    assert describe(hint) == words


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("max_xrp_exposur", "max_xrp_exposure"),
        ("max_rlusd_exposures", "max_rlusd_exposure"),
        ("levels", "levels"),
        ("level", "levels"),
        ("wombat", None),
        ("", None),
        ("max_xrp_exposure" * 10, None),
    ],
)
def test_a_name_is_led_to_the_one_it_was_meant_to_be_or_to_none(name: str, found: str | None) -> None:
    """A near miss is helped, and a stranger gets no far-fetched advice."""
    assert nearest(name, ["max_xrp_exposure", "max_rlusd_exposure", "levels"]) == found
    assert nearest(name, []) is None
