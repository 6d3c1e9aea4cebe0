"""The ledger's result codes, by their class, and what each class says of a transaction's future.

Source: xrpl.org, "Transaction Results". Only a validated ledger's ``tes`` or ``tec`` is final. Of a preliminary answer,
``tem`` is judged from the transaction itself, and the server forgets it; ``ter``, ``tel`` and most ``tef`` are kept by
the server and may apply later, unless ``fail_hard`` was set (seen on a real server: a payment that answered
``tefEXCEPTION`` was in the next ledger).
"""

from __future__ import annotations

import enum

TES_SUCCESS = "tesSUCCESS"
KILLED = "tecKILLED"
EXPIRED = "tecEXPIRED"
MAX_LEDGER = "tefMAX_LEDGER"

PAST_SEQ = "tefPAST_SEQ"
ALREADY = "tefALREADY"


class ResultClass(enum.StrEnum):
    """The first three letters of a result code."""

    SUCCESS = "tes"
    CLAIMED = "tec"
    FAILED = "tef"
    LOCAL = "tel"
    MALFORMED = "tem"
    RETRY = "ter"


def result_class(result: str) -> ResultClass | None:
    """The class of a result; None for a word that is no code of the ledger's, such as ``unknown``."""
    return next((known for known in ResultClass if result.startswith(known)), None)


def never_applies(result: str, *, fail_hard: bool = False) -> bool:
    """Whether a preliminary answer proves that its transaction will be in no ledger.

    It proves so of a blob that was sent once, to one server. Of one that may have left before, an earlier copy may be
    what used the sequence, or another server may see the same transaction otherwise.

    Args:
        result: The answer.
        fail_hard: The blob was sent so that the server keeps nothing that does not apply at once.
    """
    kind = result_class(result)
    if kind is ResultClass.MALFORMED or result == PAST_SEQ:
        return True
    return fail_hard and kind not in {None, ResultClass.SUCCESS} and result != ALREADY
