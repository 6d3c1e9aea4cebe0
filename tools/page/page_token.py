"""The page's token: what whoever changes something by the page has to know.

It comes from the environment or from a file in the user's data folder, which is made at its first use. It goes to the
operator's terminal when they ask for it, and nowhere else.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import MutableMapping
from pathlib import Path
from typing import Final

from actors.plumbing.files import create_private, read_private
from tools.console.errors import OperatorError

VARIABLE: Final = "NEO_PAGE_TOKEN"
FILE_NAME: Final = "page-token"

CHARS_MIN: Final = 16
_CHARS_MAX: Final = 256

# As a header and a form can have it.
_TOKEN: Final = re.compile(rf"[!-~]{{{CHARS_MIN},{_CHARS_MAX}}}", re.ASCII)
_WANTED: Final = f"{CHARS_MIN} to {_CHARS_MAX} letters, digits and signs without blanks"


def given_token(folder: Path) -> str:
    """The token of this process's surroundings; see :func:`page_token`."""
    return page_token(folder, os.environ)


def page_token(folder: Path, environment: MutableMapping[str, str]) -> str:
    """The token: the environment's, or the folder's, which is made if there is none.

    Args:
        folder: The user's data folder.
        environment: The process's, out of which it is taken: nothing that is started here inherits it.

    Raises:
        OperatorError: It is none that can be used; what it is, is not told.
        FileRefusedError: The file can't be read or written.
    """
    given = environment.pop(VARIABLE, "")
    if given:
        if not _TOKEN.fullmatch(given):
            raise OperatorError(f"{VARIABLE}: is not {_WANTED}; set it to that, or to nothing.", 2)
        return given
    path = folder / FILE_NAME
    mend = "It holds the page's token; delete it, and the next page makes another one."
    made = secrets.token_urlsafe(32)
    try:
        descriptor = create_private(path)
    except FileExistsError:
        kept = read_private(path, _CHARS_MAX + 2, mend).decode("ascii", "replace").strip()
        if not _TOKEN.fullmatch(kept):
            raise OperatorError(f"{path}: has not {_WANTED}. {mend}", 2) from None
        return kept
    except OSError as error:
        raise OperatorError(f"{path}: {error.strerror or error}. The page's token is kept there.", 2) from None
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(f"{made}\n")
    return made
