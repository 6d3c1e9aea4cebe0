"""The page's token: from the environment, or kept in a file that only its owner can read."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from actors.plumbing.files import FileRefusedError
from tools.console.errors import OperatorError
from tools.page.page_token import FILE_NAME, VARIABLE, page_token


def test_a_token_is_made_once_and_kept(tmp_path: Path) -> None:
    """Long, another one in each folder, closed to others."""
    first = page_token(tmp_path, {})
    assert page_token(tmp_path, {}) == first
    assert len(first) >= 43
    assert stat.S_IMODE((tmp_path / FILE_NAME).stat().st_mode) == 0o600
    other = tmp_path / "other"
    other.mkdir()
    assert page_token(other, {}) != first


def test_the_environments_goes_before_it(tmp_path: Path) -> None:
    """And no file is made then; what is started from here does not inherit it."""
    environment = {VARIABLE: "sixteen-letters!", "HOME": "/"}
    assert page_token(tmp_path, environment) == "sixteen-letters!"
    assert environment == {"HOME": "/"}
    assert list(tmp_path.iterdir()) == []
    assert page_token(tmp_path, {VARIABLE: ""}) == (tmp_path / FILE_NAME).read_text().strip()


@pytest.mark.parametrize(
    "given", ["short", "fifteen-letters", "sixteen letters!", "s" * 257, "caf\u00e9-sixteen-long", "a" * 20 + "\n"]
)
def test_one_that_cannot_be_used_is_refused_without_being_told(tmp_path: Path, given: str) -> None:
    """Too short to be none that is guessed, or nothing that a header could have."""
    with pytest.raises(OperatorError, match=f"{VARIABLE}: is not 16 to 256 letters") as refused:
        page_token(tmp_path, {VARIABLE: given})
    assert refused.value.exit_code == 2
    assert given not in refused.value.message
    (tmp_path / FILE_NAME).write_text(given * (given == "short"))
    (tmp_path / FILE_NAME).chmod(0o600)
    with pytest.raises(OperatorError, match="delete it, and the next page makes another one"):
        page_token(tmp_path, {})


def test_a_file_that_others_can_read_is_not_believed(tmp_path: Path) -> None:
    """Whoever could read it could kill a session."""
    page_token(tmp_path, {})
    (tmp_path / FILE_NAME).chmod(0o644)
    with pytest.raises(FileRefusedError, match=r"page-token: open to other users \(mode 0644\)"):
        page_token(tmp_path, {})
