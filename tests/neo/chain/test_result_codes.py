"""Result classes, and which preliminary answers prove that a transaction will never be in a ledger."""

from __future__ import annotations

import pytest

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
    ("result", "plain", "fail_hard", "sent_before"),
    [
        ("tesSUCCESS", False, False, False),
        ("unknown", False, False, False),
        ("tecUNFUNDED_OFFER", False, True, False),
        ("terPRE_SEQ", False, True, False),
        ("telINSUF_FEE_P", False, True, False),
        ("tefEXCEPTION", False, True, False),
        ("tefALREADY", False, False, False),
        ("temBAD_OFFER", True, True, True),
        ("tefPAST_SEQ", True, True, False),
        ("temBAD_SEQUENCE", True, True, False),
    ],
)
def test_what_a_server_may_keep_is_not_given_up(result: str, plain: bool, fail_hard: bool, sent_before: bool) -> None:
    """Malformed never applies; kept may; of a blob that may have left before, a used sequence proves nothing."""
    assert never_applies(result) is plain
    assert never_applies(result, fail_hard=True) is fail_hard
    assert never_applies(result, sent_before=True) is sent_before
