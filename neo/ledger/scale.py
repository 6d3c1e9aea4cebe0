"""The two scales of the ledger's numbers, 16 digits and 19: which of them counts is one of a ledger's rules.

Token amounts have 16 digits under both. What is worked out of several of them (a pool's swap, a price along a path) has
the scale's digits until it becomes an amount again.
"""

from __future__ import annotations

from neo.ledger import number, number_large
from neo.ledger.number import NEAREST, ZERO, AmountRangeError, Number


class Scale:
    """The arithmetic of one scale.

    Attributes:
        digits: of its numbers.
        one, two, four: themselves.
    """

    __slots__ = ("_fit", "add", "digits", "divide", "four", "multiply", "normalize", "one", "subtract", "two")

    one: Number
    two: Number
    four: Number
    _fit: tuple[Number, ...]

    def __init__(self, digits: int) -> None:
        self.digits = digits
        if digits == number_large.DIGITS:
            self.normalize = number_large.normalize
            self.add, self.subtract = number_large.add, number_large.subtract
            self.multiply, self.divide = number_large.multiply, number_large.divide
        else:
            self.normalize = number.normalize
            self.add, self.subtract = number.add, number.subtract
            self.multiply, self.divide = number.multiply, number.divide
        self.one, self.two, self.four = (self.normalize(value, 0) for value in (1, 2, 4))
        self._fit = tuple(self.normalize(value, 0) for value in _FIT)

    def widened(self, value: Number, mode: int = NEAREST) -> Number:
        """A token amount, or another number of 16 digits, as one of this scale."""
        return value if self.digits == SMALL_DIGITS else self.normalize(*value, mode)

    def square_root(self, x: Number, mode: int = NEAREST) -> Number:
        """Square root by the server's own iteration: a fitted guess, then Newton's steps until they stop or bounce.

        Args:
            x: not negative.
            mode: how every step of it rounds.

        Raises:
            AmountRangeError: the number is negative.
        """
        if x[0] < 0:
            raise AmountRangeError("root of a negative number")
        if x in (ZERO, self.one):
            return x
        add, multiply, divide, two = self.add, self.multiply, self.divide, self.two
        places = x[1] + self.digits
        if places % 2:
            places += 1
        reduced = (x[0], x[1] - places)
        a2, a1, a0, d = self._fit
        guess = add(multiply(a2, reduced, mode), a1, mode)
        guess = divide(add(multiply(guess, reduced, mode), a0, mode), d, mode)
        before = before_that = ZERO
        while True:
            before_that, before = before, guess
            guess = divide(add(guess, divide(reduced, guess, mode), mode), two, mode)
            if guess in (before, before_that):
                return guess[0], guess[1] + places // 2


_FIT = (-60, 144, 18, 105)  # the parabola of the first guess: (-60 x*x + 144 x + 18) / 105
SMALL_DIGITS = 16
SMALL, LARGE = Scale(SMALL_DIGITS), Scale(number_large.DIGITS)
SCALES = {scale.digits: scale for scale in (SMALL, LARGE)}
"""By their digits, which ``Rules.number_digits`` tells."""
