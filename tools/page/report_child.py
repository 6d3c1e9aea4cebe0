"""Makes a report's or a comparison's parts in a process of its own, and writes them to standard output.

A day's journal takes seconds to read. In the process that trades, that would take the interpreter from the session; and
its memory would stay.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path


def command(places: Sequence[tuple[Path, str]]) -> list[str]:
    """What starts such a process.

    Args:
        places: Of each session its database and its id.
    """
    return [sys.executable, "-m", __name__, *(word for path, name in places for word in (str(path), name))]


def main(arguments: list[str]) -> int:
    """Write what is asked for.

    Args:
        arguments: Of each session its database and its id; of one a report is made, of several a comparison.

    Returns:
        0, or 1 if one can't be read; then standard error says why.
    """
    # What reports are made of takes long to import, and whoever starts the process needs none of it.
    from actors.store import StoreError  # noqa: PLC0415
    from tools.console.errors import OperatorError  # noqa: PLC0415
    from tools.reporting.comparison_page import comparison_parts  # noqa: PLC0415
    from tools.reporting.page import page_parts  # noqa: PLC0415
    from tools.reporting.sources import load  # noqa: PLC0415

    places = list(zip(arguments[::2], arguments[1::2], strict=True))
    try:
        reports = [load(Path(database), session_id) for database, session_id in places]
    except (StoreError, OperatorError) as error:
        sys.stderr.write(str(error))
        return 1
    text = page_parts(reports[0]) if len(reports) == 1 else comparison_parts(reports)
    sys.stdout.buffer.write(text.encode())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
