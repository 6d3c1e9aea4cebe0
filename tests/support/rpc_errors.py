"""The errors that a ledger server answers with, by their names. Source: recorded conversations."""

from __future__ import annotations

from typing import Any

_KNOWN = {
    "actMalformed": (35, "Account malformed."),
    "actNotFound": (19, "Account not found."),
    "amendmentBlocked": (14, "Amendment blocked, need upgrade."),
    "badFeature": (40, "Feature unknown or invalid."),
    "badMarket": (42, "No such market."),
    "dstAmtMalformed": (51, "Destination amount/currency/issuer is malformed."),
    "dstIsrMalformed": (53, "Destination issuer is malformed."),
    "domainMalformed": (97, "Unable to parse domain."),
    "entryNotFound": (98, "Entry not found."),
    "excessiveLgrRange": (78, "Ledger range exceeds 1000."),
    "internal": (73, "Internal error."),
    "invalidLgrRange": (79, "Ledger range is invalid."),
    "invalidParams": (31, "Invalid parameters."),
    "lgrIdxMalformed": (58, "Ledger index malformed."),
    "lgrNotFound": (21, "ledgerNotFound"),
    "malformedAddress": (31, "Invalid field 'owner', not AccountID."),
    "malformedRequest": (31, "Invalid field 'index', not hex string."),
    "malformedStream": (71, "Stream malformed."),
    "noPermission": (6, "You don't have permission for this command."),
    "notImpl": (74, "Not implemented."),
    "srcCurMalformed": (69, "Source currency is malformed."),
    "srcIsrMalformed": (70, "Source issuer is malformed."),
    "tooBusy": (9, "The server is too busy to help you now."),
    "txnNotFound": (29, "Transaction not found."),
    "unknownCmd": (32, "Unknown method."),
}


class RpcError(Exception):
    """A request is answered by an error.

    Args:
        name: The server's.
        message: Where it is not the usual one for it.
        beside: What stands in the answer beside the error.
    """

    def __init__(self, name: str, message: str | None = None, **beside: Any) -> None:
        super().__init__(name)
        self.name = name
        self.message = message
        self.beside = beside

    def to_json(self, request: dict[str, Any]) -> dict[str, Any]:
        """The whole answer."""
        fields: dict[str, Any] = {"error": self.name, **self.beside}
        if self.name in _KNOWN:
            code, usual = _KNOWN[self.name]
            fields |= {"error_code": code, "error_message": self.message or usual}
        return {
            "api_version": request.get("api_version", 1),
            **fields,
            "id": request.get("id"),
            "request": request,
            "status": "error",
            "type": "response",
        }
