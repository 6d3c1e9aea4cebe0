"""Which token an amount is of: a currency of one issuer.

XRP is no token: where a side of a book or an end of a payment is XRP, its kind is None.
"""

from __future__ import annotations

from neo.ledger import keys


class TokenKind:
    """A token that the ledger knows; there is one object for each, so that identity is equality.

    Attributes:
        currency, currency_id: its code, and the 20 bytes of it.
        issuer: who issues it, by address.
        is_of_pair: it is the token of the ledger's pair, whose line an account has at hand.
    """

    __slots__ = ("_line_keys", "currency", "currency_id", "is_of_pair", "issuer")

    def __init__(self, currency: str, issuer: str, *, is_of_pair: bool) -> None:
        self.currency = currency
        self.currency_id = keys.currency_bytes(currency)
        self.issuer = issuer
        self.is_of_pair = is_of_pair
        self._line_keys: dict[bytes, bytes] = {}

    def line_key(self, holder: bytes) -> bytes:
        """The key of the trust line over which an account, by its 20 bytes, may hold the token."""
        key = self._line_keys.get(holder)
        if key is None:
            key = self._line_keys[holder] = keys.line_key(holder, keys.account_id(self.issuer), self.currency_id)
        return key


def asset_id(token: TokenKind | None) -> tuple[bytes, bytes]:
    """An asset as (currency, issuer) in bytes."""
    if token is None:
        return keys.XRP_CURRENCY, keys.NOBODY
    return token.currency_id, keys.account_id(token.issuer)
