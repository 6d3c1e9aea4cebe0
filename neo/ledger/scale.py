"""The two scales of the ledger's numbers, 16 digits and 19: which of them counts is one of a ledger's rules.

Token amounts have 16 digits under both. What is worked out of several of them (a pool's swap, a price along a path) has
the scale's digits until it becomes an amount again.
"""

from __future__ import annotations

from neo.ledger import number, number_large
from neo.ledger.number import NEAREST, Number


class Scale:
    """The arithmetic of one scale.

    Attributes:
        digits: of its numbers.
        one, two, four: themselves.
    """

    __slots__ = ("add", "digits", "divide", "four", "multiply", "normalize", "one", "square_root", "subtract", "two")

    one: Number
    two: Number
    four: Number

    def __init__(self, digits: int) -> None:
        self.digits = digits
        if digits == number_large.DIGITS:
            self.normalize, self.square_root = number_large.normalize, number_large.square_root
            self.add, self.subtract = number_large.add, number_large.subtract
            self.multiply, self.divide = number_large.multiply, number_large.divide
        else:
            self.normalize, self.square_root = number.normalize, number.square_root
            self.add, self.subtract = number.add, number.subtract
            self.multiply, self.divide = number.multiply, number.divide
        self.one, self.two, self.four = (self.normalize(value, 0) for value in (1, 2, 4))

    def widened(self, value: Number, mode: int = NEAREST) -> Number:
        """A token amount, or another number of 16 digits, as one of this scale."""
        return value if self.digits == SMALL_DIGITS else self.normalize(*value, mode)


SMALL_DIGITS = 16
SMALL, LARGE = Scale(SMALL_DIGITS), Scale(number_large.DIGITS)
SCALES = {scale.digits: scale for scale in (SMALL, LARGE)}
"""By their digits, which ``Rules.number_digits`` tells."""
