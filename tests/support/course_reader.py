"""What a browser has of a session's course: increments put together as ``course.js`` does it."""

from __future__ import annotations

from tools.page.course_data import CoursePart

Column = list[float | None]


class CourseReader:
    """Takes every part that it is told, in order."""

    def __init__(self) -> None:
        self.after = 0
        self.columns: dict[str, Column] = {}
        self.fills: dict[str, list[float | bool | None]] = {}
        self.told_ledgers = 0
        self.last: CoursePart | None = None

    def take(self, part: CoursePart | None) -> None:
        """Put a part in its place."""
        assert part is not None
        if part.whole:
            self.columns, self.fills = {}, {}
        if part.since is not None:
            kept = sum(number < part.since for number in self.columns.get("number", []) if number is not None)
            self.columns = {name: self.columns.get(name, [])[:kept] + told for name, told in part.columns.items()}
        if part.fills.since is not None:
            kept = sum(seq < part.fills.since for seq in self.fills.get("seq", []) if seq is not None)
            for name in ("seq", "time", "bought", "at", "xrp", "count"):
                self.fills[name] = self.fills.get(name, [])[:kept] + list(getattr(part.fills, name))
        self.told_ledgers += len(part.columns["number"])
        self.after = part.seq
        self.last = part
