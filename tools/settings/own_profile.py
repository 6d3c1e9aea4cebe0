"""A profile of the operator's own, begun from a shipped one: the same keys, values and comments, fit for any folder."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

from actors.plumbing.files import create_private
from neo.config.reading import show_value
from neo.text.printable import printable
from tools.console.errors import OperatorError
from tools.console.paths import whole_path
from tools.settings.profiles import PROFILE_BYTES_MAX, PROFILES_FOLDER, read_text

# The keys that name a file; one that is relative starts at its profile's folder, which is another one now.
_FILE_KEY: Final = re.compile(r'^(\w+_file) = "([^"\\]+)"$', re.MULTILINE)


def own_profile_text(name: str, path: Path) -> str:
    """What a profile of one's own begins with.

    Args:
        name: The shipped profile that it is taken from.
        path: Where it will lie.

    Raises:
        OperatorError: It can't be read.
    """
    text = read_text(PROFILES_FOLDER / f"{name}.toml", PROFILE_BYTES_MAX, "a profile")
    _, _, body = text.partition("\n\n")
    head = (
        f"# A profile of your own, begun from the shipped {name}. Every key is written out; nothing is guessed.\n"
        f"# `neo config check` tells what is wrong with it, and `neo run --config {printable(path.name)}` runs it.\n\n"
    )
    return head + _FILE_KEY.sub(_from_the_root_on, body)


def write_own_profile(path: Path, name: str) -> Path:
    """Write a profile of one's own where nothing lies yet.

    Args:
        path: Where to.
        name: The shipped profile that it is taken from.

    Returns:
        The file, from the root on.

    Raises:
        OperatorError: It can't be written, or something lies there.
    """
    path = whole_path(path)
    content = own_profile_text(name, path).encode()
    try:
        with os.fdopen(create_private(path), "wb") as file:
            file.write(content)
    except FileExistsError:
        raise OperatorError(
            f"{printable(str(path))}: is there already, and stays as it is; name another file.", 2
        ) from None
    except (OSError, ValueError) as error:
        told = getattr(error, "strerror", None) or "no path"
        raise OperatorError(f"{printable(str(path))}: {told}; name a file in a folder that is there.") from None
    return path


def _from_the_root_on(found: re.Match[str]) -> str:
    file = PROFILES_FOLDER / found[2]
    return f"{found[1]} = {show_value(file.as_posix())}" if file.exists() else found[0]
