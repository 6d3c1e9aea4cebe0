"""Result classes, and which preliminary answers prove that a transaction will never be in a ledger."""

from __future__ import annotations

import pytest
from xrpl.core.binarycodec.definitions.definitions import load_definitions

from neo.chain.result_codes import ResultClass, never_applies, result_class


@pytest.mark.parametrize(
    ("result", "kind"),
    [
        ("tesSUCCESS", ResultClass.SUCCESS),
        ("tecKILLED", ResultClass.CLAIMED),
        ("tefPAST_SEQ", ResultClass.FAILED),
        ("telINSUF_FEE_P", ResultClass.LOCAL),
        ("temBAD_OFFER", ResultClass.MALFORMED),
        ("terQUEUED", ResultClass.RETRY),
        ("unknown", None),
    ],
)
def test_the_class_is_the_first_three_letters(result: str, kind: ResultClass | None) -> None:
    """A word that is no code of the ledger's has none."""
    assert result_class(result) is kind


@pytest.mark.parametrize(
    ("result", "plain", "fail_hard"),
    [
        ("tesSUCCESS", False, False),
        ("unknown", False, False),
        ("tecUNFUNDED_OFFER", False, True),
        ("terPRE_SEQ", False, True),
        ("telINSUF_FEE_P", False, True),
        ("tefEXCEPTION", False, True),
        ("tefALREADY", False, False),
        ("temBAD_OFFER", True, True),
        ("tefPAST_SEQ", True, True),
        ("temBAD_SEQUENCE", True, True),
    ],
)
def test_what_a_server_may_keep_is_not_given_up(result: str, plain: bool, fail_hard: bool) -> None:
    """Malformed never applies; what is kept may, unless it was to be forgotten."""
    assert never_applies(result) is plain
    assert never_applies(result, fail_hard=True) is fail_hard


def test_of_all_codes_of_the_ledger_malformed_ones_and_a_used_sequence_are_final() -> None:
    """The list is the one that the protocol's codec carries; every code has one of the six classes."""
    codes = sorted(load_definitions()["TRANSACTION_RESULTS"])
    assert len(codes) > 150
    assert all(result_class(code) is not None for code in codes)
    given_back = {code for code in codes if never_applies(code)}
    assert given_back == {code for code in codes if code[:3] == "tem"} | {"tefPAST_SEQ"}
    assert {code[:3] for code in set(codes) - given_back} == {"tes", "tec", "tef", "tel", "ter"}
