"""Keeping secrets out of the log: by the name of a field, and by the shape of a value (:mod:`neo.text.redaction`).

The random numbers' ``seed`` is no secret and stays readable; a wallet's secrets carry telling names (``wallet_seed``,
``private_key``), and the ledger's own form of them is recognised wherever it turns up, in a traceback too. A signed
blob is no secret either once it is sent, but it is an order that anyone could send: the log gets its beginning only,
the journal has it whole.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from neo.text.redaction import HIDDEN, hide_seeds

_SECRET_NAME = re.compile(r"secret|private_key|wallet_seed|family_seed|mnemonic|passphrase|password|credential|api_key")

_BLOB_SHOWN = 16


def redact(name: str, value: object) -> object:
    """A log field's value as it may be written."""
    if _SECRET_NAME.search(name.lower()):
        return HIDDEN
    if isinstance(value, Mapping):
        return {str(key): redact(str(key), inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [redact(name, inner) for inner in value]
    if isinstance(value, str):
        if name == "blob" and len(value) > _BLOB_SHOWN:
            return f"{value[:_BLOB_SHOWN]}..."
        return hide_seeds(value)
    return value
