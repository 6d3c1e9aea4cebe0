"""Rich's console for readers that may leave (``| head``), as :mod:`tools.console.streams` has lines for them.

In a module of its own: Rich takes as long to load as the embedded ledger, and a session without a panel draws nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import IO, Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from tools.console.output import abandon, for_console, shown


class SteadyConsole(Console):
    """Rich's console without the exit that it takes when its reader leaves, or the exception when its disk is full;
    and what it shows is text: no control character in a cell reaches the terminal, and no bracket is markup.

    Args:
        file: Where it writes; standard output if left out.
        options: As Rich's console takes them.
    """

    def __init__(self, *, file: IO[str] | None = None, **options: Any) -> None:
        super().__init__(file=for_console(file or sys.stdout), **({"markup": False} | options))

    def print(self, *objects: Any, **options: Any) -> None:
        """Write, or fall silent."""
        try:
            super().print(*objects, **options)
        except OSError:
            self.on_broken_pipe()

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """What is printed, in pieces: here, before a table cuts it to its columns, it is made printable."""
        for piece in super().render(renderable, options):
            yield piece if piece.control else piece._replace(text=shown(piece.text))

    def on_broken_pipe(self) -> None:
        """Fall silent."""
        self.quiet = True
        abandon(self.file)
