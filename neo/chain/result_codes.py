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

# The two refusals that look at our account's sequence, which another server may see otherwise.
_OF_THE_SEQUENCE = frozenset({"temBAD_SEQUENCE", "tefPAST_SEQ"})


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


def never_applies(result: str, *, fail_hard: bool = False, sent_before: bool = False) -> bool:
    """Whether a preliminary answer proves that its transaction will be in no ledger.

    Args:
        result: The answer.
        fail_hard: The blob was sent so that the server keeps nothing that does not apply at once.
        sent_before: This very blob may have left before. Then that one may be what used its sequence, and only the
            ledgers can tell.
    """
    kind = result_class(result)
    if sent_before:
        return kind is ResultClass.MALFORMED and result not in _OF_THE_SEQUENCE
    if kind is ResultClass.MALFORMED or result in _OF_THE_SEQUENCE:
        return True
    return fail_hard and kind not in {None, ResultClass.SUCCESS} and result != "tefALREADY"
