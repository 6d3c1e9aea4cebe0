"""Text that may come from anybody, as it may be shown: the one rule for messages, screens and pages."""

from __future__ import annotations


def printable(text: str, kept: str = "") -> str:
    r"""A text in which everything that is no visible character is written out.

    Control characters, direction marks, characters without width, line separators and halves of characters become
    ``\u001b`` and the like, which is how JSON writes them: a line of JSON means the same afterwards.

    Args:
        text: Somebody's words, a name, a path.
        kept: What stays as it is, though it is not visible: line ends or tabs, where the text may have lines.
    """
    unseen = [char for char in set(text).difference(kept) if not char.isprintable()]
    return text.translate({ord(char): _written_out(char) for char in unseen}) if unseen else text


def _written_out(char: str) -> str:
    units = char.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))
