"""Money and ledger time as the database keeps them."""

from __future__ import annotations

import functools
import re
from datetime import date, datetime, timedelta
from decimal import Decimal

from actors.store.store_errors import DamagedValueError
from neo.chain.money import RIPPLE_EPOCH_UNIX_S

# What :func:`decimal_text` may have written: plain digits, and fewer of them than exact arithmetic has room for.
_WRITTEN = re.compile(r"-?[0-9]{1,200}(?:\.[0-9]{1,200})?", re.ASCII)


# The ledger's own epoch.
_FIRST_DAY = date(2000, 1, 1)
_DAY_S = 86_400


def decimal_from(text: str) -> Decimal:
    """A decimal as :func:`decimal_text` wrote it, and nothing else: neither NaN nor an exponent, which may be short to
    write and endless to calculate with.

    Raises:
        DamagedValueError: It did not write that.
    """
    if not isinstance(text, str) or not _WRITTEN.fullmatch(text):
        raise DamagedValueError(f"{str(text)[:40]!r} is not an amount")
    return Decimal(text)


def decimal_or_none(text: str | None) -> Decimal | None:
    """The same where there may be no value."""
    return None if text is None else decimal_from(text)


def decimal_text(value: Decimal) -> str:
    """A decimal in plain digits, as it is: trailing zeros kept, no exponent."""
    text = str(value)
    return format(value, "f") if "E" in text else text


def decimal_text_or_none(value: Decimal | None) -> str | None:
    """The same where there may be no value."""
    return None if value is None else decimal_text(value)


def ledger_time_text(close_time_s: int) -> str:
    """A ledger's close time (seconds of the ripple epoch) as UTC, such as ``2026-01-21T00:00:04Z``."""
    day, second = divmod(close_time_s, _DAY_S)
    return f"{_day_text(day)}T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}Z"


@functools.lru_cache(maxsize=64)
def _day_text(day: int) -> str:
    return (_FIRST_DAY + timedelta(days=day)).isoformat()


def ledger_time_from(text: str) -> int:
    """A ledger's close time as :func:`ledger_time_text` wrote it.

    Raises:
        DamagedValueError: It did not write that.
    """
    try:
        unix_s = int(datetime.fromisoformat(text).timestamp())
    except (TypeError, ValueError):
        raise DamagedValueError(f"{str(text)[:40]!r} is not a ledger's time") from None
    close_time_s = unix_s - RIPPLE_EPOCH_UNIX_S
    if ledger_time_text(close_time_s) != text:
        raise DamagedValueError(f"{text[:40]!r} is not a ledger's time")
    return close_time_s
