"""A small ledger in which a second token, USD, is traded beside the pair's: its issuer, its lines, its pool."""

from __future__ import annotations

from typing import Any

from support.ledger_world import CURRENCY, ISSUER, START_DROPS, TRADERS, World

from neo.ledger import EXCHANGE_3_0, directory, keys, text
from neo.ledger.entries import DEFAULT_RIPPLE, LINE_NO_RIPPLE
from neo.ledger.ledger import HOLDER_LIMIT
from neo.ledger.pool_entry import Amm
from neo.ledger.token_kind import asset_id

USD_ISSUER = keys.address_of(bytes([8]) * 20)
POOL = keys.address_of(bytes([7]) * 20)
TO_USD = {"currency": "USD", "issuer": USD_ISSUER}
TO_RLUSD = {"currency": CURRENCY, "issuer": ISSUER}
TO_XRP = {"currency": "XRP"}


class TwoTokens(World):
    """A world in which everyone holds 1,000 USD too."""

    def __init__(self, *, usd_transfer_rate: int = 0, usd_tick_size: int = 0, **made: Any) -> None:
        super().__init__(amendments=EXCHANGE_3_0, **made)
        state = self.ledger.state
        self.usd = state.know("USD", USD_ISSUER)
        root = state.create_account(USD_ISSUER, sequence=1, flags=DEFAULT_RIPPLE)
        root.drops, root.transfer_rate, root.tick_size = START_DROPS, usd_transfer_rate, usd_tick_size
        for address in TRADERS:
            account = state.accounts[address]
            state.create_line(
                account,
                root,
                "USD",
                payer=account,
                flags_for_payer=(LINE_NO_RIPPLE,),
                balance=text.parse_token("1000"),
                limit=HOLDER_LIMIT,
            )
        state.journal.clear()

    def offer(self, account: str, gives: Any, wants: Any, **fields: Any) -> str:
        """Offer one thing for another, each drops or an amount of a token."""
        return self.do(account, "OfferCreate", TakerGets=gives, TakerPays=wants, **fields)

    def usd_of(self, account: str) -> str:
        """An account's USD, as text."""
        line = self.ledger.state.accounts[account].line_for(self.usd)
        return "no line" if line is None else text.format_token(line.balance)

    def usd_pool(self, drops: int, tokens: str) -> None:
        """Put a pool between XRP and USD into the ledger, without a fee."""
        state = self.ledger.state
        account = state.create_account(POOL, sequence=1, is_amm=True)
        account.drops = drops
        root = state.accounts[USD_ISSUER]
        balance = text.parse_token(tokens)
        state.create_line(account, root, "USD", payer=account, flags_for_payer=(), balance=balance)
        key = keys.pool_key(*asset_id(None), *asset_id(self.usd))
        amm = Amm(key, account, text.parse_token("1"), "03" + "0" * 38, 0, assets=(None, self.usd))
        directory.insert(state.journal, account.owned, amm)
        state.pools[key] = amm
        state.journal.clear()


def usd(value: str) -> dict[str, str]:
    """An amount of the second token."""
    return {**TO_USD, "value": value}
