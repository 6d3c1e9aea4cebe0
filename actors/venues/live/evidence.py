"""What the ledger says of orders whose fate is unclear: is the transaction in it, and does its offer rest?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from actors.venues.live.endpoints import Endpoints
from actors.venues.live.live_settings import LiveSettings
from actors.venues.live.pinned import PinnedReader
from actors.venues.live.refusals import refusal
from neo.wire import requests
from neo.wire.frames import ErrorFrame

# More than a server searches at once. Source: xrpl.org, "tx".
_LEDGERS_SEARCHED = 900


class Suspect(msgspec.Struct, frozen=True):
    """A transaction of the settings' account: its hash, the last ledger that could take it, its offer's sequence."""

    tx_hash: str
    last_ledger: int
    offer_sequence: int


async def evidence_of(endpoints: Endpoints, settings: LiveSettings, suspects: Sequence[Suspect]) -> Mapping[str, str]:
    """One sentence for each hash.

    Args:
        endpoints: Those of the settings.
        settings: Whose account.
        suspects: What is asked about.

    Raises:
        VenueError: No server answers.
    """
    told: dict[str, str] = {}
    async with endpoints.open_best() as chosen:
        client, deadline_s = chosen.client, settings.request_timeout_s
        newest = 0 if chosen.info.validated is None else chosen.info.validated.ledger_index
        nodes = await PinnedReader(client, settings.pair, deadline_s).own_offer_nodes(requests.VALIDATED)
        resting = {node["Sequence"] for node in nodes if isinstance(node.get("Sequence"), int)}
        for one in suspects:
            first = max(1, one.last_ledger - _LEDGERS_SEARCHED)
            tx = requests.tx(one.tx_hash, first, one.last_ledger)
            answer = await client.ask(tx, deadline_s=deadline_s)
            rests = "its offer rests" if one.offer_sequence in resting else "no offer of it rests"
            if isinstance(answer, ErrorFrame):
                if answer.error != "txnNotFound":
                    raise refusal(client.name, tx.command, answer)
                # One that does not have all of these ledgers can't tell that none has it.
                how = "does not find it" if answer.searched_all else "can't look for it in all ledgers"
                told[one.tx_hash] = f"{client.name} {how} up to its last ledger {one.last_ledger}; {rests}"
            elif answer.transaction is None:
                # One that started again may have a transaction and not the ledger that took it.
                is_old = one.offer_sequence in resting or one.last_ledger < newest
                where = "can't tell which ledger took it" if is_old else "no validated ledger yet"
                told[one.tx_hash] = f"{client.name} has it, and {where}; {rests}"
            else:
                there = answer.transaction
                told[one.tx_hash] = f"it is in ledger {there.ledger_index}, as {there.result}; {rests}"
    return told
