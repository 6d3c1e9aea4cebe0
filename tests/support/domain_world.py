"""A small ledger with a permissioned domain: Dave owns it, the issuer vouches for Alice and Bob, Carol is outside."""

from __future__ import annotations

from typing import Any

from support.ledger_world import ALICE, BOB, DAVE, ISSUER, World

from neo.ledger import EXCHANGE_3_0, views

KYC = "4B5943"  # "KYC", the type of credential that the domain accepts
HYBRID = 0x00100000


def accepted(*kinds: str) -> list[dict[str, Any]]:
    """A list of accepted credentials of the issuer's."""
    return [{"Credential": {"CredentialType": kind, "Issuer": ISSUER}} for kind in kinds]


class DomainWorld(World):
    """A world with a domain and two members.

    Attributes:
        domain: its key in hex.
    """

    def __init__(self, *, expiration: int | None = None, **made: Any) -> None:
        super().__init__(**{"amendments": EXCHANGE_3_0, **made})
        assert self.do(DAVE, "PermissionedDomainSet", AcceptedCredentials=accepted(KYC)) == "tesSUCCESS"
        domains = [entry for entry in self.ledger.state.others.values() if entry.kind == "PermissionedDomain"]
        self.domain = domains[0].key.hex().upper()
        for member in (ALICE, BOB):
            self.admit(member, expiration)

    def admit(self, subject: str, expiration: int | None = None) -> None:
        """Vouch for an account, which accepts."""
        extra = {} if expiration is None else {"Expiration": expiration}
        assert self.do(ISSUER, "CredentialCreate", Subject=subject, CredentialType=KYC, **extra) == "tesSUCCESS"
        assert self.do(subject, "CredentialAccept", Issuer=ISSUER, CredentialType=KYC) == "tesSUCCESS"

    def exclude(self, subject: str) -> None:
        """Take an account's credential back."""
        assert self.do(ISSUER, "CredentialDelete", Subject=subject, CredentialType=KYC) == "tesSUCCESS"

    def book(self, side: str, *, of_domain: bool) -> list[tuple[str, int, str]]:
        """A book as (owner, sequence, quality), best first."""
        state = self.ledger.state
        pays, gets = (state.token, None) if side == "asks" else (None, state.token)
        rows: list[Any] = views.book_json(state, state.book(pays, gets, self.domain if of_domain else ""))
        return [(row["Account"], row["Sequence"], row["quality"]) for row in rows]
