"""The wiring of every key of a profile: in the file, parsed where, consumed by which modules, with a fallback or none.

Worked out from the source, by types: reading ``config.risk.max_order_rlusd`` counts for that key alone, whatever the
section is called there. A value that is only handed on (``RiskLimits(max_order_rlusd=...)``) is followed to whoever
reads it from there; a key that is copied into a struct whose field nobody reads is consumed by nobody.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from neo.config.reading import nearest
from tools.proofs.code import Class, Code, Function
from tools.proofs.uses import Place, Text, Use, Uses, ValueSlot, constructor

ROOT = "neo.config.schema.Config"

# Modules that read keys to check, hash or show them: none of it makes a key do anything.
_NOT_CONSUMERS = (
    "neo.config",
    "tools.settings",
    "tools.sweep",
    # A figure that is shown beside its limit acts on nothing.
    "tools.screen",
    "tools.reporting",
    "tools.page.now_cells",
    "tools.page.session_figures",
)

# Keys that only have to agree with another one, which does the work; a rule must name both. Reasons in words.
CHECKED_ONLY = {
    "strategy.requote_interval_seconds": "must equal engine.tick_interval_seconds, which beats: each tick is a requote",
}

_RULES = "neo.config.rules"

# Hands keys on to whoever takes them, and is the one of its package that does.
_WIRING = "neo.config.key_wiring"

# Keys that once were, with what took their place: named in the code so that they can be refused.
_RETIRED = "neo.config.retired"
_RETIRED_TABLES = ("RENAMED", "RETIRED")

# The field whose one value tells the kinds of a section apart.
_KIND = "kind"


class KeyAudit(msgspec.Struct, frozen=True, kw_only=True):
    """One key. ``lines`` are those of the profiles, None where a profile hasn't the key."""

    key: str
    lines: dict[str, int | None]
    parsed: str
    consumers: tuple[str, ...]
    fallbacks: tuple[str, ...]
    note: str


class Audit(msgspec.Struct, frozen=True):
    """All keys, and all that is wrong with their wiring."""

    keys: tuple[KeyAudit, ...]
    findings: tuple[str, ...]


class Profile(msgspec.Struct, frozen=True):
    """A profile's name, its tables as TOML gives them, and the line of each dotted key."""

    name: str
    tables: Mapping[str, Any]
    lines: Mapping[str, int]


def audit(sources: Mapping[str, str], profiles: list[Profile]) -> Audit:
    """Audit a source tree and its profiles.

    Args:
        sources: Text by path from the root, such as ``neo/risk/gates.py``.
        profiles: The shipped profiles.
    """
    return _Auditor(sources).audit(profiles)


def profile_lines(text: str) -> dict[str, int]:
    """The line of each ``key = value`` in a profile's text, by dotted key."""
    lines: dict[str, int] = {}
    section = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if match := re.match(r"\s*\[([\w.]+)\]", line):
            section = f"{match[1]}."
        elif match := re.match(r"\s*(\w+)\s*=", line):
            lines.setdefault(f"{section}{match[1]}", number)
    return lines


class _Auditor:
    """One audit on its way."""

    def __init__(self, sources: Mapping[str, str]) -> None:
        self._code = Code(sources)
        root = self._code.class_of(ROOT)
        assert root is not None, "the schema is part of the source"
        module = self._code.modules[root.module]
        # A section that has several kinds is there once for each.
        self._sections = [
            (name, section)
            for name, field in root.fields.items()
            for section in self._code.classes(module, field.annotation)
        ]
        self._section_of = {section.name: name for name, section in self._sections}
        self._root = root
        self._uses: dict[ValueSlot, list[Use]] = {}
        self._unknown: dict[str, list[Place]] = {}
        self._texts: list[Text] = []
        for module in self._code.modules.values():
            found = Uses(self._code, module)
            for use in found.uses:
                self._uses.setdefault(use.slot, []).append(use)
            for name, place in found.unknown:
                self._unknown.setdefault(name, []).append(place)
            self._texts += found.texts

    def audit(self, profiles: list[Profile]) -> Audit:
        keys = tuple(
            self._key(name, section, key, profiles) for name, section in self._sections for key in section.fields
        )
        findings = [
            *self._unconsumed(keys),
            *self._strangers(),
            *self._fallbacks(keys),
            *self._in_files(keys, profiles),
        ]
        return Audit(keys, tuple(dict.fromkeys(findings)))

    # --- One key -----------------------------------------------------------------------------------------------

    def _key(self, name: str, section: Class, key: str, profiles: list[Profile]) -> KeyAudit:
        dotted = f"{name}.{key}"
        field = section.fields[key]
        uses = list(self._key_uses(section, key))
        fallbacks = (
            [f"{Place(section.module, field.lineno)}: the schema's own {ast.unparse(field.value)}"]
            if field.value
            else []
        )
        fallbacks += [told for use in uses for told in self._stand_ins(use, frozenset())]
        fallbacks += [told for use in uses if use.into for told in self._slot_default(use.into)]
        fallbacks += [
            f"{text.place}: {text.default}" for text in self._texts if text.default and _names(text, dotted, key)
        ]
        handed = sorted({f"{use.into.owner.rpartition('.')[2]}.{use.into.name}" for use in uses if use.into})
        notes = [f"as {', '.join(handed)}"] if handed else []
        notes += [CHECKED_ONLY[dotted]] if dotted in CHECKED_ONLY else []
        notes += ["checked with other keys"] if self._is_in_a_rule(dotted) else []
        return KeyAudit(
            key=dotted,
            lines={profile.name: profile.lines.get(dotted) for profile in profiles},
            parsed=str(Place(section.module, field.lineno)),
            consumers=tuple(sorted({module for use in uses for module in self._readers(use, frozenset())})),
            fallbacks=tuple(dict.fromkeys(fallbacks)),
            note="; ".join(notes),
        )

    def _key_uses(self, section: Class, key: str) -> Iterator[Use]:
        """Uses of a key outside its section: read as such, or through a property or method of the section.

        A method that hands the key on, to a struct that the section makes, is followed to that struct.
        """
        found = list(self._matching(section, key))
        own = [use for use in found if self._inside(use, section)]
        yield from (use for use in found if use.into or not self._inside(use, section))
        for method in {use.reader.name for use in own if use.reader and use.into is None}:
            yield from (
                use for use in self._uses.get(ValueSlot(section.name, method), []) if not self._inside(use, section)
            )

    def _matching(self, section: Class, key: str) -> Iterator[Use]:
        """Uses of a key by its name, or by a pattern that it fits (``getattr`` with a formatted string).

        What is read through the union of a section's kinds counts for each kind that has the key.
        """
        kinds = {one.name for one in self._kinds(section)}
        for slot, uses in self._uses.items():
            if slot.owner in kinds and re.fullmatch(slot.name, key):
                yield from uses

    def _kinds(self, section: Class) -> list[Class]:
        """A section's class, and those of its other kinds."""
        name = self._section_of[section.name]
        return [one for of, one in self._sections if of == name]

    def _inside(self, use: Use, section: Class) -> bool:
        return use.reader is not None and use.reader.owner == section.name

    def _is_in_a_rule(self, dotted: str) -> bool:
        return any(text.place.module == _RULES and re.fullmatch(text.pattern, dotted) for text in self._texts)

    def _readers(self, use: Use, trail: frozenset[ValueSlot]) -> set[str]:
        """The modules in which a use's value comes to be used, through whatever it is handed on to."""
        if use.place.module.startswith(_NOT_CONSUMERS) and (use.place.module != _WIRING or use.into is None):
            return set()
        if use.into is None:
            return {use.place.module}
        function = self._callable(use.into)
        if function is not None:
            # What has no body is another's promise: whoever keeps it isn't known here.
            module = function.module if function.has_body else use.place.module
            return {module} if _loads(function, use.into.name) or not function.has_body else set()
        return set() if use.into in trail else self._field_readers(use.into, trail | {use.into})

    def _field_readers(self, slot: ValueSlot, trail: frozenset[ValueSlot]) -> set[str]:
        readers = {module for use in self._uses.get(slot, []) for module in self._readers(use, trail)}
        if readers:
            return readers
        # Where a type is not known, the name must do: first where the struct is known by name, then anywhere.
        named = {place.module for place in self._unknown.get(slot.name, [])}
        owner = self._code.class_of(slot.owner)
        near = {name for name in named if owner is not None and self._code.knows(self._code.modules[name], owner)}
        return near or named

    def _callable(self, slot: ValueSlot) -> Function | None:
        """The function or ``__init__`` whose parameter a slot is; None if it is a struct's field."""
        found = self._code.find(slot.owner)
        if isinstance(found, Class):
            return constructor(found)
        if isinstance(found, Function):
            return found
        owner = self._code.class_of(slot.owner.rpartition(".")[0])
        method = None if owner is None else owner.methods.get(slot.owner.rpartition(".")[2])
        return None if owner is None or method is None else Function(owner.module, method, owner.name)

    def _stand_ins(self, use: Use, trail: frozenset[ValueSlot]) -> Iterator[str]:
        """What would take a value's place, here or where it is handed on to."""
        if use.fallback is not None:
            yield f"{use.place}: {use.fallback}"
        if use.into is not None and use.into not in trail:
            for further in self._uses.get(use.into, []):
                yield from self._stand_ins(further, trail | {use.into})

    def _slot_default(self, slot: ValueSlot) -> Iterator[str]:
        """What a slot holds if nobody gives it a value."""
        function = self._callable(slot)
        owner = self._code.class_of(slot.owner)
        if function is not None and slot.name in function.defaulted:
            yield f"{Place(function.module, function.node.lineno)}: the default of {slot.name}"
        elif function is None and owner is not None and slot.name in owner.fields and owner.fields[slot.name].value:
            yield f"{Place(owner.module, owner.fields[slot.name].lineno)}: the default of {slot.name}"

    # --- All keys ----------------------------------------------------------------------------------------------

    def _unconsumed(self, keys: tuple[KeyAudit, ...]) -> Iterator[str]:
        for one in keys:
            if one.key in CHECKED_ONLY:
                if one.consumers:
                    yield f"{one.key}: is consumed, so it is not only checked; take it off that list"
                elif not self._is_in_a_rule(one.key):
                    yield f"{one.key}: is to be checked with another key, and no rule names it"
            elif not one.consumers:
                told = f" ({one.note})" if one.note else ""
                yield f"{one.key}: nothing consumes it{told}; wire it, or delete it from schema and profiles"

    def _strangers(self) -> Iterator[str]:
        """Code that reads a key, or names one, that the schema hasn't."""
        known = {f"{name}.{key}" for name, section in self._sections for key in section.fields}
        for slot, uses in self._uses.items():
            owner = self._root if slot.owner == ROOT else self._code.class_of(slot.owner)
            if owner is None or not (slot.owner == ROOT or slot.owner in self._section_of):
                continue
            # Through a union it is not known which kind is read.
            kinds = [owner] if slot.owner == ROOT else self._kinds(owner)
            if not any(self._has(kind, slot.name) for kind in kinds):
                section = "" if slot.owner == ROOT else f"{self._section_of[slot.owner]}."
                yield f"{uses[0].place}: reads {section}{slot.name}, which is no key of the schema"
        retired = self._retired()
        for text in self._texts:
            # A pattern stands for a name: gaps and escapes taken out, it reads like one.
            name = text.pattern.replace("\\w+", "_").replace("\\", "")
            if self._looks_like_a_key(name) and not any(re.fullmatch(text.pattern, key) for key in known | retired):
                yield f"{text.place}: names {name}, which is no key of the schema"

    def _looks_like_a_key(self, name: str) -> bool:
        """A section's name, a dot, and a name of several words or near to a key's: not every such text means a key."""
        section, dot, key = name.partition(".")
        fields = [field for name, one in self._sections if name == section for field in one.fields]
        if not dot or not fields or re.fullmatch(r"[a-z0-9_]+", key) is None:
            return False
        return "_" in key or nearest(key, fields) is not None

    def _has(self, owner: Class, name: str) -> bool:
        if not name.isidentifier():
            return any(re.fullmatch(name, field) for field in owner.fields)
        return name in owner.fields or name in owner.methods or name.startswith("__")

    def _retired(self) -> set[str]:
        module = self._code.modules.get(_RETIRED)
        tables = [
            node.value
            for node in ([] if module is None else module.tree.body)
            if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) in _RETIRED_TABLES
        ]
        return {
            str(ast.literal_eval(key))
            for table in tables
            if isinstance(table, ast.Dict)
            for key in table.keys
            if key is not None
        }

    def _fallbacks(self, keys: tuple[KeyAudit, ...]) -> Iterator[str]:
        for one in keys:
            for fallback in one.fallbacks:
                yield f"{fallback} could stand in for {one.key}; let the profile alone say it"

    def _in_files(self, keys: tuple[KeyAudit, ...], profiles: list[Profile]) -> Iterator[str]:
        known = {one.key for one in keys}
        for profile in profiles:
            for name, section in self._sections:
                written = profile.tables.get(name, {})
                # Not every kind of venue has a section that may be None, and reading a profile tells which has.
                if name not in profile.tables and _may_be_none(self._root, name):
                    continue
                for key in section.fields if _is_of(section, written) else ():
                    if key not in written:
                        yield f"{profile.name}: {name}.{key} is not in the file; write it, with a comment"
            for name, table in profile.tables.items():
                for key in table if isinstance(table, Mapping) else ():
                    if f"{name}.{key}" not in known:
                        yield f"{profile.name}: {name}.{key} is in the file, and no key of the schema"


def _may_be_none(root: Class, section: str) -> bool:
    """Whether a section is declared as one that a profile may be without."""
    return ast.unparse(root.fields[section].annotation).endswith("| None")


def _is_of(section: Class, table: Mapping[str, Any]) -> bool:
    """Whether a profile's table is of a section's kind, if it has kinds."""
    kind = section.fields.get(_KIND)
    return kind is None or repr(table.get(_KIND)) in ast.unparse(kind.annotation)


def _names(text: Text, dotted: str, key: str) -> bool:
    """Whether a text that has a default beside it names a key; a bare name must be long enough to be one's own."""
    return re.fullmatch(text.pattern, dotted) is not None or (
        "_" in key and re.fullmatch(text.pattern, key) is not None
    )


def _loads(function: Function, name: str) -> bool:
    """Whether a function does anything with a parameter."""
    return any(isinstance(node, ast.Name) and node.id == name for node in ast.walk(function.node))
