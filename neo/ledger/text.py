"""Token amounts as text: read the way the ledger's JSON is read, written the way it is written.

Source: ``partsFromString`` and ``STAmount::getText`` in STAmount.cpp of the ledger server.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache

from neo.ledger import amount
from neo.ledger.amount import Token

_VALUE = re.compile(r"([-+]?)(0|[1-9][0-9]*)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?")


@lru_cache(maxsize=1024)  # a quote is read when it is tried, when it is sent and when it is placed
def parse_token(value: str) -> Token:
    """A token amount from its text, plain or scientific.

    Raises:
        ValueError: it is not a decimal number.
        AmountRangeError: it is larger than the ledger can hold.
    """
    whole, _, fraction = value.partition(".")
    is_plain = whole.isdecimal() and (whole[0] != "0" or whole == "0") and (not fraction or fraction.isdecimal())
    if is_plain and value.isascii() and value[-1] != ".":  # as nearly all are, which is told faster than by the form
        return amount.token(int(whole + fraction), -len(fraction))
    match = _VALUE.fullmatch(value)
    if match is None:
        raise ValueError(f"{value!r} is not a token amount: write a decimal number such as 12.5 or 1e9")
    sign, whole, fraction, exponent = match.groups()
    fraction = fraction or ""
    mantissa = int(whole + fraction)
    return amount.token(-mantissa if sign == "-" else mantissa, int(exponent or 0) - len(fraction))


def format_token(value: Token) -> str:
    """A token amount as the ledger writes it: plain from 1e-10 or so to 1e11, scientific with all 16 digits beyond."""
    mantissa, exponent = value
    if mantissa == 0:
        return "0"
    if exponent != 0 and (exponent < -25 or exponent > -5):
        return f"{mantissa}e{exponent}"
    sign = "-" if mantissa < 0 else ""
    digits = str(abs(mantissa))
    if exponent == 0:
        return sign + digits
    if -exponent >= len(digits):
        whole, fraction = "0", digits.rjust(-exponent, "0")
    else:
        whole, fraction = digits[:exponent], digits[exponent:]
    fraction = fraction.rstrip("0")
    return f"{sign}{whole}.{fraction}" if fraction else sign + whole


def to_decimal(value: Token) -> Decimal:
    """A token amount as an exact decimal, for readers outside the ledger."""
    return Decimal(value[0]).scaleb(value[1])
