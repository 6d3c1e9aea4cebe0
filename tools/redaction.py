"""Keeping secrets out of the log: by the name of a field, and by the shape of a value.

The random numbers' ``seed`` is no secret and stays readable; a wallet's secrets carry telling names (``wallet_seed``,
``private_key``), and the ledger's own form of them is recognised wherever it turns up, in a traceback too. A signed
blob is no secret either once it is sent, but it is an order that anyone could send: the log gets its beginning only,
the journal has it whole.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

HIDDEN = "[hidden]"

_SECRET_NAME = re.compile(r"secret|private_key|wallet_seed|family_seed|mnemonic|passphrase|password|credential|api_key")

# A family seed in base58 (XRPL's alphabet leaves out 0, O, I and l): 29 characters from "s", 31 from "sEd".
_FAMILY_SEED = re.compile(r"(?<![A-Za-z0-9])s(?:Ed[1-9A-HJ-NP-Za-km-z]{28}|[1-9A-HJ-NP-Za-km-z]{28})(?![A-Za-z0-9])")

_BLOB_SHOWN = 16


def redact_text(text: str) -> str:
    """The text without anything that looks like a wallet's secret."""
    return _FAMILY_SEED.sub(HIDDEN, text)


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
        return redact_text(value)
    return value
