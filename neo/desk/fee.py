"""What a transaction of ours burns: what the ledger asks for under its load, up to a cap."""

from __future__ import annotations

import msgspec

from neo.messages import Terms


class Fee(msgspec.Struct, frozen=True):
    """What is paid, and what the ledger asks for; all in drops.

    Args:
        drops: That a transaction burns.
        asked_drops: To get into the open ledger now.
    """

    drops: int
    asked_drops: int

    @property
    def is_above_cap(self) -> bool:
        """True if more is asked for than may be paid: then only cancels are worth sending."""
        return self.asked_drops > self.drops

    def fields(self) -> dict[str, int]:
        """Its numbers, as a log keeps them."""
        return {"asked_drops": self.asked_drops, "cap_drops": self.drops}


def fee_asked(terms: Terms, max_drops: int | None) -> Fee:
    """The fee on a ledger's terms.

    Args:
        terms: What the ledger asks for.
        max_drops: The cap of a transaction; None if the base fee is paid, whatever the load.
    """
    if max_drops is None:
        return Fee(terms.base_fee_drops, terms.base_fee_drops)
    asked_drops = max(terms.base_fee_drops, terms.open_ledger_fee_drops)
    return Fee(min(asked_drops, max_drops), asked_drops)
