"""One account has one session at a time on a machine, whatever the databases are."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from actors.venues.live.account_lock import holding_account
from actors.venues.venue_errors import AccountInUseError


def test_a_second_session_of_an_account_is_refused_until_the_first_is_over(tmp_path: Path) -> None:
    """It is told who has it, and another account is free meanwhile."""
    with holding_account(tmp_path, "rOne"):
        with pytest.raises(AccountInUseError) as caught, holding_account(tmp_path, "rOne"):
            pass
        assert f"process {os.getpid()} runs a session with the account rOne" in str(caught.value)
        assert "neo kill" in caught.value.mend
        with holding_account(tmp_path, "rTwo"):
            pass
    with holding_account(tmp_path, "rOne"):
        pass
