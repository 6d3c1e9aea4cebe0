"""The one place where an amendment changes what the engine does.

A ledger carries the set of amendments in force. ``Rules`` turns it into named yes-or-no choices once, when the ledger
is made; the rest of the code asks only ``rules.<choice>``. Amendments whose absence would change the arithmetic
everywhere (the ``Number`` type, the flow engine, the pool's rounding) are required outright: without them this would be
another ledger. A later amendment is added to ``KNOWN``, and its choice to ``Rules``.

Source: features.macro of the ledger server.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

REQUIRED = frozenset(
    {
        "Flow",
        "FlowCross",
        "FlowSortStrands",
        "fix1373",
        "fix1512",
        "fix1513",
        "fix1515",
        "fix1578",
        "fix1623",
        "fix1781",
        "fixAMMOverflowOffer",
        "fixAMMv1_1",
        "fixQualityUpperBound",
        "fixReducedOffersV1",
        "fixReducedOffersV2",
        "fixRmSmallIncreasedQOffers",
        "fixSTAmountCanonicalize",
        "fixTakerDryOfferRemoval",
        "fixUniversalNumber",
        "DeletableAccounts",
        "DepositAuth",
        "DepositPreauth",
        "DisallowIncoming",
        "fixDisallowIncomingV1",
    }
)

EXCHANGE_2_3 = REQUIRED | {
    "AMM",
    "Clawback",
    "ImmediateOfferKilled",
    "fixFillOrKill",
    "fixPreviousTxnID",
}
"""What the records in the conformance files were made under: the exchange of version 2.3."""

KNOWN = EXCHANGE_2_3


@dataclass(frozen=True, slots=True)
class Rules:
    """The choices that hang on an amendment.

    Attributes:
        amm: pools exist and share in every crossing (AMM).
        clawback: an issuer may be able to claw back, and then no pool may hold its token (Clawback).
        fill_or_kill: fill-or-kill is judged by what the taker wanted, not by what it offered (fixFillOrKill).
        immediate_killed: immediate-or-cancel that trades nothing is ``tecKILLED`` (ImmediateOfferKilled).
        directory_threading: directories and pools remember who changed them last (fixPreviousTxnID).
    """

    amm: bool
    clawback: bool
    fill_or_kill: bool
    immediate_killed: bool
    directory_threading: bool

    @classmethod
    def of(cls, amendments: Iterable[str]) -> Rules:
        """Decide every choice from the amendments in force.

        Raises:
            ValueError: one that the engine cannot do without is missing, or one it does not know is in the set.
        """
        enabled = frozenset(amendments)
        if missing := REQUIRED - enabled:
            raise ValueError(f"the embedded ledger needs these amendments: {', '.join(sorted(missing))}")
        if unknown := enabled - KNOWN:
            raise ValueError(f"the embedded ledger does not know these amendments: {', '.join(sorted(unknown))}")
        return cls(
            amm="AMM" in enabled,
            clawback="Clawback" in enabled,
            fill_or_kill="fixFillOrKill" in enabled,
            immediate_killed="ImmediateOfferKilled" in enabled,
            directory_threading="fixPreviousTxnID" in enabled,
        )
