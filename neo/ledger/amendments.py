"""The one place where an amendment changes what the engine does: the rules of a ledger, as a value.

A ledger carries the set of amendments in force. ``Rules`` turns it into named choices once, when the ledger is made;
the rest of the code asks only ``rules.<choice>``. Amendments whose absence would change the arithmetic everywhere (the
``Number`` type, the flow engine, the pool's rounding) are required outright: without them this would be another
ledger. Newer servers hold the oldest of them unconditionally and list them no more.

To add one: its name in ``CHOICES`` with the choice that hangs on it, or in ``_ELSEWHERE`` if no offer, pool, balance or
reserve of the pair depends on it. What stands in neither is unknown, and whoever reads a ledger tells so.

Source: features.macro of the ledger server, versions 2.3 and 3.0.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from neo.ledger import keys

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

CHOICES: dict[str, str] = {
    "AMM": "amm",
    "AMMClawback": "amm_clawback",
    "CheckCashMakesTrustLine": "check_makes_line",
    "Checks": "checks",
    "Clawback": "clawback",
    "Credentials": "credentials",
    "DeepFreeze": "deep_freeze",
    "ImmediateOfferKilled": "immediate_killed",
    "PermissionedDEX": "domain_books",
    "PermissionedDomains": "domains",
    "TicketBatch": "tickets",
    "TokenEscrow": "token_escrow",
    "fixAMMClawbackRounding": "clawback_rounding",
    "fixAMMv1_2": "pool_falls_back",
    "fixAMMv1_3": "pool_rounds_for_itself",
    "fixFillOrKill": "fill_or_kill",
    "fixFrozenLPTokenTransfer": "frozen_shares",
    "fixIncludeKeyletFields": "names_itself",
    "fixInvalidTxFlags": "strict_flags",
    "fixPreviousTxnID": "directory_threading",
}
"""What each amendment of the exchange decides, by its name here."""

_LARGE_NUMBERS = frozenset({"LendingProtocol", "SingleAssetVault"})
"""Either of them gives the ledger's numbers 19 digits instead of 16."""

_ELSEWHERE = frozenset(
    {
        *("CryptoConditionsSuite", "DID", "DynamicNFT", "ExpandedSignerList", "HardenedValidations", "MPTokensV1"),
        *("MultiSignReserve", "NFTokenMintOffer", "NegativeUNL", "NonFungibleTokensV1", "NonFungibleTokensV1_1"),
        *("PriceOracle", "RequireFullyCanonicalSig", "XRPFees", "XChainBridge", "fix1543", "fix1571"),
        *("fixAmendmentMajorityCalc", "fixCheckThreading", "fixEmptyDID", "fixEnforceNFTokenTrustline"),
        *("fixEnforceNFTokenTrustlineV2",),
        *("fixInnerObjTemplate", "fixInnerObjTemplate2", "fixMPTDeliveredAmount"),
        *("fixMasterKeyAsRegularKey", "fixNFTokenDirV1", "fixNFTokenNegOffer", "fixNFTokenPageLinks"),
        *("fixNFTokenRemint", "fixNFTokenReserve", "fixNonFungibleTokensV1_2", "fixPayChanCancelAfter"),
        *("fixPayChanRecipientOwnerDir", "fixPriceOracleOrder", "fixRemoveNFTokenAutoTrustLine"),
        *("fixTokenEscrowV1", "fixTrustLinesToSelf", "fixXChainRewardRounding"),
    }
)
"""Amendments on which nothing of the exchange depends."""

EXCHANGE_2_3 = REQUIRED | {
    "AMM",
    "Clawback",
    "ImmediateOfferKilled",
    "fixFillOrKill",
    "fixPreviousTxnID",
}
"""What the older records in the conformance files were made under: the exchange of version 2.3."""

EXCHANGE_3_0 = REQUIRED | frozenset(CHOICES)
"""What the newer records were made under: version 3.0 with the amendments of the network of early 2026."""

KNOWN = REQUIRED | _LARGE_NUMBERS | frozenset(CHOICES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The choices that hang on an amendment; each is named after what it lets the ledger do.

    Attributes:
        amm: pools exist and share in every crossing (AMM).
        amm_clawback: an issuer may claw back what a pool holds, and so a pool may hold its token (AMMClawback).
        check_makes_line: cashing a check makes the trust line that it needs (CheckCashMakesTrustLine).
        checks: there are checks (Checks).
        clawback: an issuer may be able to claw back (Clawback).
        clawback_rounding: what leaves a pool by a clawback is rounded in its favour (fixAMMClawbackRounding).
        credentials: accounts may be vouched for (Credentials).
        deep_freeze: a line may be frozen for what it receives, too (DeepFreeze).
        directory_threading: directories and pools remember who changed them last (fixPreviousTxnID).
        domain_books: a domain has books of its own (PermissionedDEX).
        domains: there are permissioned domains (PermissionedDomains).
        fill_or_kill: fill-or-kill is judged by what the taker wanted, not by what it offered (fixFillOrKill).
        frozen_shares: shares of a pool whose token is frozen cannot be paid about (fixFrozenLPTokenTransfer).
        immediate_killed: immediate-or-cancel that trades nothing is ``tecKILLED`` (ImmediateOfferKilled).
        names_itself: an escrow, a channel and a list of signers hold all that their key is made of
            (fixIncludeKeyletFields).
        number_digits: 16 or 19, the digits of the ledger's numbers (SingleAssetVault, LendingProtocol).
        pool_falls_back: a pool that cannot match the book's price offers all it may; withdrawals mind a line's reserve
            (fixAMMv1_2).
        pool_rounds_for_itself: deposits and withdrawals round in the pool's favour (fixAMMv1_3).
        strict_flags: flags are refused where none has a meaning: by credentials, by lists of signers
            (fixInvalidTxFlags).
        tickets: transactions may take the place that a ticket holds (TicketBatch).
        token_escrow: tokens may be locked in escrow (TokenEscrow).
    """

    amm: bool
    amm_clawback: bool
    check_makes_line: bool
    checks: bool
    clawback: bool
    clawback_rounding: bool
    credentials: bool
    deep_freeze: bool
    directory_threading: bool
    domain_books: bool
    domains: bool
    fill_or_kill: bool
    frozen_shares: bool
    immediate_killed: bool
    names_itself: bool
    number_digits: int
    pool_falls_back: bool
    pool_rounds_for_itself: bool
    strict_flags: bool
    tickets: bool
    token_escrow: bool

    @classmethod
    def of(cls, amendments: Iterable[str]) -> Rules:
        """Decide every choice from the amendments in force.

        Raises:
            ValueError: one that the engine cannot do without is missing, or one it does not know is in the set.
        """
        enabled = frozenset(amendments)
        if missing := REQUIRED - enabled:
            raise ValueError(f"the embedded ledger needs these amendments: {', '.join(sorted(missing))}")
        if unknown := enabled - KNOWN - _ELSEWHERE:
            raise ValueError(f"the embedded ledger does not know these amendments: {', '.join(sorted(unknown))}")
        choices = {choice: name in enabled for name, choice in CHOICES.items()}
        return cls(number_digits=19 if enabled & _LARGE_NUMBERS else 16, **choices)


@dataclass(frozen=True, slots=True)
class Listed:
    """What a ledger's list of amendments comes to.

    Attributes:
        known: those that decide something here, with those that are held unconditionally; ``Rules.of`` takes them.
        unknown: identifiers that stand for none that is known to be without bearing on the exchange.
    """

    known: frozenset[str]
    unknown: tuple[str, ...]


def of_ids(enabled_ids: Iterable[str]) -> Listed:
    """Read the list of amendments in force.

    Args:
        enabled_ids: as the ledger's entry of amendments lists them, in hex.
    """
    enabled = frozenset(enabled_ids)
    named = {name for name in KNOWN if identifier(name) in enabled}
    familiar = {identifier(name) for name in KNOWN | _ELSEWHERE}
    return Listed(REQUIRED | named, tuple(sorted(enabled - familiar)))


def identifier(name: str) -> str:
    """An amendment's identifier as the ledger lists it: the half hash of its name, in hex."""
    return keys.half_hash(name.encode()).hex().upper()
