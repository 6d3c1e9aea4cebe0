"""A plain market maker for tests: both sides, a fixed distance from the last reference, renewed every ledger."""

from neo.network.unsigned import transaction_hash
from neo.sim.market import SimLedger, SimMarket
from neo.sim.outbox import Outbox

PPM_PER_BPS = 100
PPM = 1_000_000


class Quoter:
    """Quotes ``size_rlusd`` a side at ``offset_bps`` from the reference that the last closed ledger showed."""

    def __init__(self, market: SimMarket, address: str, size_rlusd: int, offset_bps: int) -> None:
        self.market, self.address = market, address
        self.size_rlusd, self.offset_ppm = size_rlusd, offset_bps * PPM_PER_BPS
        self.placed: dict[bool, int] = {}

    def quote(self, closed: SimLedger) -> list[str]:
        """Replace both quotes; the preliminary results."""
        outbox = Outbox(self.market.ledger.sequence)
        for is_buy in (True, False):
            price_nano = closed.reference_nano * (PPM + (-self.offset_ppm if is_buy else self.offset_ppm)) // PPM
            self.placed[is_buy] = outbox.offer(
                self.address,
                is_buy=is_buy,
                size_drops=self.size_rlusd * 10**15 // price_nano,
                price_nano=price_nano,
                replaces=self.placed.get(is_buy),
            )
        return [self.market.submit(tx, transaction_hash(tx)) for tx in outbox.transactions]
