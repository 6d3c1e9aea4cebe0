"""What a written value must satisfy, as part of a type: the range of a number, the choice of names, a text's form.

It lies below the settings, so that a venue's own section can be declared beside that venue.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Final

import msgspec

# A binary's clock and SQLite's integers end here; the seed must fit both.
SEED_MAX: Final = 2**63 - 1

# Slower than this not even the first ledger would come within the hour.
SPEED_MIN: Final = Decimal("0.001")

# Longer sessions are a mistake in the unit (milliseconds for seconds, say) rather than a wish.
DURATION_MAX_S: Final = 366 * 86_400

# A token's amount ends far beyond; a larger one is a slip of the keyboard.
RLUSD_MAX: Final = 1_000_000_000_000


class Bounds(msgspec.Struct, frozen=True, kw_only=True):
    """Put into ``Annotated[int | Decimal, Bounds(...)]``: what a value must satisfy.

    Not msgspec's own ``Meta``: that refuses bounds on ``Decimal``, and money is ``Decimal`` here.

    Args:
        gt: The value is above this.
        ge: The value is at least this.
        lt: The value is below this.
        le: The value is at most this.
        decimals: At most so many digits after the point.
        digits: At most so many significant digits.
    """

    gt: int | None = None
    ge: int | None = None
    lt: int | None = None
    le: int | None = None
    decimals: int | None = None
    digits: int | None = None

    def fault(self, value: int | Decimal) -> str | None:
        """What is wrong with a finite value, or None if nothing is."""
        if self.gt is not None and not value > self.gt:
            return f"must be above {self.gt}"
        if self.ge is not None and not value >= self.ge:
            return f"must be at least {self.ge}"
        if self.lt is not None and not value < self.lt:
            return f"must be below {self.lt}"
        if self.le is not None and not value <= self.le:
            return f"must be at most {self.le}"
        return self._precision_fault(Decimal(value))

    def describe(self) -> str:
        """The range in words, such as ``from 1 to 3600``; empty if there is none."""
        if self.ge is not None and self.le is not None:
            ends = [f"from {self.ge} to {self.le}"]
        else:
            named = {"above": self.gt, "at least": self.ge, "below": self.lt, "at most": self.le}
            ends = [f"{word} {bound}" for word, bound in named.items() if bound is not None]
        precision = {"decimals": self.decimals, "significant digits": self.digits}
        limits = [f"with at most {most} {word}" for word, most in precision.items() if most is not None]
        return " ".join(filter(None, [" and ".join(ends), *limits]))

    def _precision_fault(self, value: Decimal) -> str | None:
        # normalize() would round to the context's precision; stripping zeros by hand keeps every digit.
        _, digits, exponent = value.as_tuple()
        assert isinstance(exponent, int), "a finite value's exponent is a number"
        significant = "".join(map(str, digits)).rstrip("0")
        exponent += len(digits) - len(significant)
        if self.decimals is not None and significant and -exponent > self.decimals:
            return f"has more than {self.decimals} decimals"
        if self.digits is not None and len(significant) > self.digits:
            return f"has more than {self.digits} significant digits"
        return None


class OneOf(msgspec.Struct, frozen=True):
    """Put into ``Annotated[str, OneOf(...)]``: a text that is one of these names, which are listed elsewhere."""

    names: tuple[str, ...]


class Speed(msgspec.Struct, frozen=True):
    """Marks a float that is written as ``"max"`` (read as infinity) or as a number of ``SPEED_MIN`` or more."""


class Form(msgspec.Struct, frozen=True):
    """Put into ``Annotated[str, Form(...)]``: a text of a certain form.

    Args:
        told: What to write, in words, such as ``a name in quotes``.
        fault: What is wrong with a text, such as ``is no name``; None if it is one.
        may_be_empty: Whether the empty text is one, and says that there is none.
        is_private: Whether a value that isn't one is kept out of messages: it may be the secret itself.
    """

    told: str
    fault: Callable[[str], str | None]
    may_be_empty: bool = False
    is_private: bool = False


class ListOf(msgspec.Struct, frozen=True):
    """Put into ``Annotated[tuple[str, ...], ListOf(...)]``: several texts of a form.

    Args:
        form: Of each.
        told: What to write, in words.
        most: So many at most.
        same: What two of them must not have in common, given texts of the form alone; None if they may be alike.
        least: So many at least.
    """

    form: Form
    told: str
    most: int
    same: Callable[[str], str] | None = str
    least: int = 1
