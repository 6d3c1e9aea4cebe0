"""A transaction's metadata in the ledger's own shape, made from before-values and snapshots when somebody asks.

Each entry that changed is a node: created (its fields that are not default), modified (all its fields, and the former
values of those that changed) or deleted (the same). Nodes stand in the order of their keys.

Source: ``ApplyStateTable::apply`` and the field table (sfields.macro) of the ledger server.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from neo.ledger import keys, text
from neo.ledger.amount import Amount, Token
from neo.ledger.entries import Account, Amm, Entry, Offer, Page, Touched, TrustLine
from neo.ledger.json_forms import Json, JsonObject, Shown
from neo.ledger.number import negate


def nodes(touched: Iterable[Touched]) -> list[JsonObject]:
    """The nodes of the entries that a transaction changed."""
    return [_node(item) for item in sorted(touched, key=_by_key)]


def delivery(asked: object, delivered: Amount | None) -> JsonObject:
    """What a successful payment delivered, as a server tells it.

    Args:
        asked: the payment's Amount, in JSON. delivered: what arrived, if less than that.
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
    entry = touched.entry
    kind = type(entry)
    after = dict(zip(kind.SHOWN, touched.after, strict=True))
    is_alive = after["alive"]
    was_alive = touched.before.get("alive", is_alive)
    node: JsonObject = {"LedgerEntryType": _NAMES[kind], "LedgerIndex": entry.key.hex().upper()}
    if not was_alive:
        fields = _FIELDS[kind](entry, after)
        node["NewFields"] = {name: value for name, value in fields.items() if not _is_default(name, value)}
        return {"CreatedNode": node}
    shown = {name: value for name, value in touched.before.items() if name in after and name != "alive"}
    final = _FIELDS[kind](entry, after)
    if shown:
        before = _FIELDS[kind](entry, {**after, **shown})
        changed = {name: value for name, value in before.items() if final.get(name) != value}
        if changed:
            node["PreviousFields"] = changed
    if not is_alive:
        final |= _thread(touched)
        node["FinalFields"] = final
        return {"DeletedNode": node}
    if touched.before:
        node["FinalFields"] = final
    return {"ModifiedNode": node | _thread(touched)}


def _thread(touched: Touched) -> JsonObject:
    """The transaction that changed the entry before this one, if it is known."""
    if not touched.previous_hash:
        return {}
    return {"PreviousTxnID": touched.previous_hash, "PreviousTxnLgrSeq": touched.previous_ledger}


def _is_default(name: str, value: Json) -> bool:
    """Whether a field of a new entry goes unmentioned: zero, of whatever kind; drops count, tokens always show."""
    if name in ("Balance", "TakerGets", "TakerPays") or isinstance(value, dict):
        return bool(value == "0")
    return value in (0, "0", "0000000000000000") or value == _ZERO_ID


_ZERO_ID = "0" * 40


def _account(entry: Entry, values: Shown) -> JsonObject:
    assert isinstance(entry, Account)
    fields: JsonObject = {
        "Account": entry.address,
        "Balance": str(values["drops"]),
        "Flags": values["flags"],
        "OwnerCount": values["owner_count"],
        "Sequence": values["sequence"],
        **values["other"],
    }
    if values["transfer_rate"]:
        fields["TransferRate"] = values["transfer_rate"]
    if values["tick_size"]:
        fields["TickSize"] = values["tick_size"]
    return fields


def _offer(entry: Entry, values: Shown) -> JsonObject:
    assert isinstance(entry, Offer)
    fields: JsonObject = {
        "Account": entry.owner.address,
        "BookDirectory": entry.home.root.hex().upper(),
        "BookNode": f"{values['book_page']:x}",
        "Flags": values["flags"],
        "OwnerNode": f"{values['owner_page']:x}",
        "Sequence": entry.sequence,
        "TakerGets": _amount(entry, values["gets"]),
        "TakerPays": _amount(entry, values["pays"]),
    }
    if values["expiration"] is not None:
        fields["Expiration"] = values["expiration"]
    return fields


def _amount(offer: Offer, value: Amount) -> Json:
    if isinstance(value, int):
        return str(value)
    currency, issuer = offer.home.token
    return {"currency": currency, "issuer": issuer, "value": text.format_token(value)}


def _line(entry: Entry, values: Shown) -> JsonObject:
    assert isinstance(entry, TrustLine)
    balance = values["balance"]
    if entry.holder_is_high and balance[0]:
        balance = negate(balance)
    holder, issuer = ("High", "Low") if entry.holder_is_high else ("Low", "High")
    fields: JsonObject = {
        "Balance": _line_amount(entry, keys.ISSUERLESS_ADDRESS, balance),
        "Flags": values["flags"],
        f"{holder}Limit": _line_amount(entry, entry.holder.address, values["limit"]),
        f"{issuer}Limit": _line_amount(entry, entry.issuer.address, values["issuer_limit"]),
        f"{holder}Node": f"{values['holder_page']:x}",
        f"{issuer}Node": f"{values['issuer_page']:x}",
    }
    for side, prefix in ((holder, ""), (issuer, "issuer_")):
        for direction, name in (("In", "quality_in"), ("Out", "quality_out")):
            if values[prefix + name]:
                fields[f"{side}Quality{direction}"] = values[prefix + name]
    return fields


def _line_amount(line: TrustLine, issuer: str, value: Token) -> JsonObject:
    return {"currency": line.currency, "issuer": issuer, "value": text.format_token(value)}


def _page(entry: Entry, values: Shown) -> JsonObject:
    assert isinstance(entry, Page)
    directory = entry.directory
    fields: JsonObject = {"Flags": 0, "RootIndex": directory.root.hex().upper()}
    if directory.owner is not None:
        fields["Owner"] = directory.owner.address
    else:
        currency, issuer = directory.token
        token = {
            "Currency": keys.currency_bytes(currency).hex().upper(),
            "Issuer": keys.account_id(issuer).hex().upper(),
        }
        xrp = {"Currency": _ZERO_ID, "Issuer": _ZERO_ID}
        pays, gets = (token, xrp) if directory.gives_xrp else (xrp, token)
        fields["ExchangeRate"] = f"{directory.quality:x}"
        fields |= {f"TakerPays{name}": value for name, value in pays.items()}
        fields |= {f"TakerGets{name}": value for name, value in gets.items()}
    if values["next"]:
        fields["IndexNext"] = f"{values['next']:x}"
    if values["previous"]:
        fields["IndexPrevious"] = f"{values['previous']:x}"
    return fields


def _amm(entry: Entry, values: Shown) -> JsonObject:
    assert isinstance(entry, Amm)
    shares = {
        "currency": entry.lp_currency,
        "issuer": entry.account.address,
        "value": text.format_token(values["lp_balance"]),
    }
    fields: JsonObject = {
        "Account": entry.account.address,
        "LPTokenBalance": shares,
        "TradingFee": values["trading_fee"],
        "OwnerNode": "0",
    }
    line = entry.account.line
    if line is not None:
        fields |= {"Asset": {"currency": "XRP"}, "Asset2": {"currency": line.currency, "issuer": line.issuer.address}}
    return fields


_NAMES: dict[type[Entry], str] = {
    Account: "AccountRoot",
    TrustLine: "RippleState",
    Offer: "Offer",
    Page: "DirectoryNode",
    Amm: "AMM",
}
_FIELDS: dict[type[Entry], Callable[[Entry, Shown], JsonObject]] = {
    Account: _account,
    TrustLine: _line,
    Offer: _offer,
    Page: _page,
    Amm: _amm,
}
