"""What any transaction may ask for that the embedded ledger does not know: told by name, whatever its type."""

from __future__ import annotations

from typing import Any

import pytest
from support.ledger_world import ALICE, BOB, World, frozen

from neo.ledger import EXCHANGE_3_0, UnsupportedTransactionError

KINDS: dict[str, dict[str, Any]] = {
    "AccountDelete": {"Destination": BOB},
    "EscrowFinish": {"Owner": BOB, "OfferSequence": 1},
    "OfferCancel": {"OfferSequence": 1},
    "Payment": {"Destination": BOB, "Amount": "1"},
    "PaymentChannelClaim": {"Channel": "AB" * 32},
}


@pytest.mark.parametrize("field", ["AccountTxnID", "Delegate", "Signers"])
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_field_that_is_not_known_is_refused_by_name_and_changes_nothing(kind: str, field: str) -> None:
    world = World(amendments=EXCHANGE_3_0)
    before = frozen(world.ledger)
    with pytest.raises(UnsupportedTransactionError, match=f"does not know the field {field}"):
        world.do(ALICE, kind, **KINDS[kind], **{field: ["AB" * 32]})
    assert frozen(world.ledger) == before
