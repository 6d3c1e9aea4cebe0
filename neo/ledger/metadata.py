"""A transaction's metadata in the ledger's own shape, made from before-values and snapshots when somebody asks.

Each entry that changed is a node: created (its fields that are not default), modified (all its fields, and the former
values of those that changed) or deleted (the same). Nodes stand in the order of their keys.

Source: ``ApplyStateTable::apply`` and the field table (sfields.macro) of the ledger server.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from neo.ledger import keys, text
from neo.ledger.amount import Amount, Token
from neo.ledger.entries import (
    Account,
    AccountImage,
    Entry,
    Image,
    Offer,
    OfferImage,
    Page,
    PageImage,
    Touched,
    TrustLine,
    TrustLineImage,
)
from neo.ledger.json_forms import Json, JsonObject
from neo.ledger.number import negate
from neo.ledger.other_entries import OtherEntry, OtherImage
from neo.ledger.pool_entry import DISCOUNT, Amm, AmmImage, Vote
from neo.ledger.token_kind import TokenKind


def nodes(touched: Iterable[Touched]) -> list[JsonObject]:
    """The nodes of the entries that a transaction changed."""
    return [_node(item) for item in sorted(touched, key=_by_key)]


def delivery(asked: object, delivered: Amount | None) -> JsonObject:
    """What a successful payment delivered, as a server tells it.

    Args:
        asked: the payment's Amount, in JSON.
        delivered: what arrived, if less than that.
    """
    if delivered is None:
        assert isinstance(asked, str | Mapping), "a payment that went through asked for an amount"
        return {"delivered_amount": asked}
    if isinstance(delivered, int):
        return _told(str(delivered))
    assert isinstance(asked, Mapping), "a payment that delivers tokens asked for tokens"
    return _told({**asked, "value": text.format_token(delivered)})


def _told(told: Json) -> JsonObject:
    return {"DeliveredAmount": told, "delivered_amount": told}


def _by_key(touched: Touched) -> bytes:
    return touched.entry.key


def _node(touched: Touched) -> JsonObject:
    entry, before, after = touched.entry, touched.before, touched.after
    kind = entry.kind if isinstance(entry, OtherEntry) else _NAMES[type(entry)]
    node: JsonObject = {"LedgerEntryType": kind, "LedgerIndex": entry.key.hex().upper()}
    if before is None:
        return {"ModifiedNode": node | _thread(touched)}
    final = _fields(after)
    if not before.alive:
        node["NewFields"] = {name: value for name, value in final.items() if not _is_default(name, value)}
        return {"CreatedNode": node}
    if _shows_otherwise(before, after):
        former = _fields(before)
        changed = {name: value for name, value in former.items() if final.get(name) != value}
        if changed or final.keys() - former.keys():
            node["PreviousFields"] = changed  # a field that came counts, though there is nothing to tell of it
    thread = _thread(touched)
    if not after.alive:
        node["FinalFields"] = final | thread
        return {"DeletedNode": node}
    node["FinalFields"] = final
    return {"ModifiedNode": node | thread}


def _shows_otherwise(before: Image[Entry], after: Image[Entry]) -> bool:
    """Whether the fields could differ: a quick look at those kinds of which most come, go or are listed elsewhere."""
    if isinstance(before, PageImage) and isinstance(after, PageImage):
        return before.next != after.next or before.previous != after.previous
    if isinstance(before, OfferImage) and isinstance(after, OfferImage):
        return before.pays != after.pays or before.gets != after.gets
    return True


def _fields(image: Image[Entry]) -> JsonObject:
    """An entry's fields, as it was."""
    if isinstance(image, PageImage):
        return _page(image)
    if isinstance(image, OfferImage):
        return offer_fields(image)
    if isinstance(image, AccountImage):
        return _account(image)
    if isinstance(image, TrustLineImage):
        return _line(image)
    if isinstance(image, OtherImage):
        return image.shown()
    assert isinstance(image, AmmImage), "there is no other kind of entry"
    return _amm(image)


def _thread(touched: Touched) -> JsonObject:
    """The transaction that changed the entry before this one, if it is known."""
    if not touched.previous_hash:
        return {}
    return {"PreviousTxnID": touched.previous_hash, "PreviousTxnLgrSeq": touched.previous_ledger}


def _is_default(name: str, value: Json) -> bool:
    """Whether a field of a new entry goes unmentioned: zero, of whatever kind; drops count, tokens always show."""
    if name in ("Balance", "TakerGets", "TakerPays") or isinstance(value, dict):
        return value in ("0", {"currency": "XRP"})
    return value in (0, "0", "0000000000000000") or value == _ZERO_ID


_ZERO_ID = "0" * 40


def _account(image: AccountImage) -> JsonObject:
    account = image.entry
    fields: JsonObject = {
        "Account": account.address,
        "Balance": str(image.drops),
        "Flags": image.flags,
        "OwnerCount": image.owner_count,
        "Sequence": image.sequence,
        **image.other,
    }
    if image.transfer_rate:
        fields["TransferRate"] = image.transfer_rate
    if image.tick_size:
        fields["TickSize"] = image.tick_size
    return fields


def offer_fields(image: OfferImage) -> JsonObject:
    """An offer's fields in the ledger's JSON form."""
    offer = image.entry
    fields: JsonObject = {
        "Account": offer.owner.address,
        "BookDirectory": offer.home.root.hex().upper(),
        "BookNode": f"{offer.book_page:x}",
        "Flags": offer.flags,
        "OwnerNode": f"{offer.owner_page:x}",
        "Sequence": offer.sequence,
        "TakerGets": _amount(offer.home.sides[1], image.gets),
        "TakerPays": _amount(offer.home.sides[0], image.pays),
    }
    if offer.expiration is not None:
        fields["Expiration"] = offer.expiration
    if offer.home.domain:
        fields["DomainID"] = offer.home.domain
    if offer.open_home is not None:
        beside: JsonObject = {
            "BookDirectory": offer.open_home.root.hex().upper(),
            "BookNode": f"{offer.open_page:x}",
        }
        fields["AdditionalBooks"] = [{"Book": beside}]
    return fields


def _amount(token: TokenKind | None, value: Amount) -> Json:
    if isinstance(value, int):
        return str(value)
    assert token is not None, "XRP is counted in drops"
    return {"currency": token.currency, "issuer": token.issuer, "value": text.format_token(value)}


def _line(image: TrustLineImage) -> JsonObject:
    line = image.entry
    balance = image.balance
    if line.holder_is_high and balance[0]:
        balance = negate(balance)
    holder, issuer = ("High", "Low") if line.holder_is_high else ("Low", "High")
    fields: JsonObject = {
        "Balance": _line_amount(line, keys.ISSUERLESS_ADDRESS, balance),
        "Flags": image.flags,
        f"{holder}Limit": _line_amount(line, line.holder.address, image.limit),
        f"{issuer}Limit": _line_amount(line, line.issuer.address, image.issuer_limit),
        f"{holder}Node": f"{line.holder_page:x}",
        f"{issuer}Node": f"{line.issuer_page:x}",
    }
    qualities = {
        f"{holder}QualityIn": image.quality_in,
        f"{holder}QualityOut": image.quality_out,
        f"{issuer}QualityIn": image.issuer_quality_in,
        f"{issuer}QualityOut": image.issuer_quality_out,
    }
    return fields | {name: value for name, value in qualities.items() if value}


def _line_amount(line: TrustLine, issuer: str, value: Token) -> JsonObject:
    return {"currency": line.currency, "issuer": issuer, "value": text.format_token(value)}


def _page(image: PageImage[Entry]) -> JsonObject:
    directory = image.entry.directory
    fields: JsonObject = {"Flags": 0, "RootIndex": directory.root.hex().upper()}
    if directory.owner is not None:
        fields["Owner"] = directory.owner.address
    else:
        pays, gets = (_asset(side) for side in directory.sides)
        told = directory.told_quality
        fields["ExchangeRate"] = f"{directory.quality if told is None else told:x}"
        fields |= {f"TakerPays{name}": value for name, value in pays.items()}
        fields |= {f"TakerGets{name}": value for name, value in gets.items()}
        if directory.domain:
            fields["DomainID"] = directory.domain
    if image.next:
        fields["IndexNext"] = f"{image.next:x}"
    if image.previous:
        fields["IndexPrevious"] = f"{image.previous:x}"
    return fields


def _named(token: TokenKind | None) -> JsonObject:
    """One side of a pool as its entry names it."""
    return {"currency": "XRP"} if token is None else {"currency": token.currency, "issuer": token.issuer}


def _asset(token: TokenKind | None) -> dict[str, str]:
    """One side of a book as its directories name it."""
    if token is None:
        return {"Currency": _ZERO_ID, "Issuer": _ZERO_ID}
    return {"Currency": token.currency_id.hex().upper(), "Issuer": keys.account_id(token.issuer).hex().upper()}


def _amm(image: AmmImage) -> JsonObject:
    amm = image.entry
    fields: JsonObject = {
        "Account": amm.account.address,
        "Flags": 0,
        "LPTokenBalance": _shares(amm, image.lp_balance),
        "OwnerNode": "0",
    }
    fields["Asset"], fields["Asset2"] = (_named(token) for token in amm.assets)
    if image.trading_fee:
        fields["TradingFee"] = image.trading_fee
    if image.slot_account is not None:
        fee = image.trading_fee // DISCOUNT if image.slot_fee is None else image.slot_fee
        slot: JsonObject = {"Account": image.slot_account, "Expiration": image.slot_expiration_s}
        slot |= {"Price": _shares(amm, image.slot_price)} | ({"DiscountedFee": fee} if fee else {})
        if image.slot_users:
            slot["AuthAccounts"] = [{"AuthAccount": {"Account": user}} for user in image.slot_users]
        fields["AuctionSlot"] = slot
    if image.votes:
        fields["VoteSlots"] = [{"VoteEntry": _vote(vote)} for vote in image.votes]
    return fields


def _shares(amm: Amm, value: Token) -> JsonObject:
    return {"currency": amm.lp_currency, "issuer": amm.account.address, "value": text.format_token(value)}


def _vote(vote: Vote) -> JsonObject:
    told: JsonObject = {"Account": vote.account, "VoteWeight": vote.weight}
    return told | ({"TradingFee": vote.fee} if vote.fee else {})


_NAMES: dict[type[Entry], str] = {
    Account: "AccountRoot",
    TrustLine: "RippleState",
    Offer: "Offer",
    Page: "DirectoryNode",
    Amm: "AMM",
}
