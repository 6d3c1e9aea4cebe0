"""Where the source reads the attributes of known classes, and what it does with them: the audit's raw material."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import NamedTuple

from tools.proofs.code import Class, Code, Env, Function, FunctionNode, Module

# A key as sentences name it: in backticks.
_QUOTED = re.compile(r"`([a-z_]+\.[a-z0-9_]+)`")


class Place(NamedTuple):
    """A line of the source."""

    module: str
    line: int

    def __str__(self) -> str:
        return f"{self.module.replace('.', '/')}.py:{self.line}"


class ValueSlot(NamedTuple):
    """Where a value can be: a class's field, or a callable's parameter, each with the owner's full name."""

    owner: str
    name: str


class Use(NamedTuple):
    """One reading of a slot.

    ``into`` is the slot that the value is handed on to, None if it is used on the spot. ``reader`` is the class in
    whose own method it happens (as ``Class.method``), None elsewhere. ``fallback`` is what would take its place.
    """

    slot: ValueSlot
    place: Place
    into: ValueSlot | None
    reader: ValueSlot | None
    fallback: str | None


class Text(NamedTuple):
    """A string of the source that may name a key; a pattern where parts of it are filled in."""

    pattern: str
    place: Place
    default: str | None


class Uses(ast.NodeVisitor):
    """All uses in one module.

    Args:
        code: The whole source.
        module: The one that is read.
    """

    def __init__(self, code: Code, module: Module) -> None:
        self.uses: list[Use] = []
        self.unknown: list[tuple[str, Place]] = []
        self.texts: list[Text] = []
        self._code = code
        self._module = module
        self._env: Env = {}
        self._owner: Class | None = None
        self._reader: ValueSlot | None = None
        self._into: ValueSlot | None = None
        self._fallback: str | None = None
        self.visit(module.tree)

    # --- Scopes ------------------------------------------------------------------------------------------------

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        before = self._owner
        found = self._module.members.get(node.name)
        self._owner = found if isinstance(found, Class) and found.node is node else Class(self._module.name, node)
        self.generic_visit(node)
        self._owner = before

    def visit_FunctionDef(self, node: FunctionNode) -> None:
        self._function(node, self._owner if self._reader is None else None)

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815 - the visitor's naming

    def visit_Lambda(self, node: ast.Lambda) -> None:
        before, self._env = self._env, self._code.start_env(self._module, node, None, self._env)
        self.generic_visit(node)
        self._env = before

    def _function(self, node: FunctionNode, owner: Class | None) -> None:
        before = self._env, self._reader, self._owner
        self._env = self._code.start_env(self._module, node, owner, self._env)
        if owner is not None:
            self._reader, self._owner = ValueSlot(owner.name, node.name), None
        self.generic_visit(node)
        self._env, self._reader, self._owner = before

    # --- Values ------------------------------------------------------------------------------------------------

    def visit_Assign(self, node: ast.Assign) -> None:
        self.generic_visit(node)
        self._code.bind(self._module, node, self._env)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self.generic_visit(node)
        self._code.bind(self._module, node, self._env)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if isinstance(node.ctx, ast.Load):
            self._note(node.value, node.attr, node.lineno)
        self.visit(node.value)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        for number, value in enumerate(node.values):
            last = isinstance(node.op, ast.And) or number == len(node.values) - 1
            self._with_fallback(value, None if last else ast.unparse(node.values[-1]))

    def visit_Compare(self, node: ast.Compare) -> None:
        # What stands beside a comparison takes the place of its outcome, not of a value in it.
        before, self._fallback = self._fallback, None
        self.generic_visit(node)
        self._fallback = before

    def visit_IfExp(self, node: ast.IfExp) -> None:
        self.visit(node.test)
        asked = ast.unparse(node.body) in ast.unparse(node.test)
        self._with_fallback(node.body, ast.unparse(node.orelse) if asked else None)
        self.visit(node.orelse)

    def visit_Call(self, node: ast.Call) -> None:
        self.visit(node.func)
        if isinstance(node.func, ast.Name) and node.func.id == "getattr" and len(node.args) > 1:
            self._getattr(node)
            return
        if isinstance(node.func, ast.Attribute) and node.func.attr == "get" and len(node.args) > 1:
            self._texts(node.args[0], ast.unparse(node.args[1]))
        for into, value in self._handed(node):
            before = self._into
            if into is not None:
                self._into = into if _is_alone(value) else None
            self.visit(value)
            self._into = before

    def visit_Constant(self, node: ast.Constant) -> None:
        self._texts(node, None)
        if isinstance(node.value, str):
            place = Place(self._module.name, node.lineno)
            self.texts += [Text(re.escape(name), place, None) for name in _QUOTED.findall(node.value)]

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        self._texts(node, None)
        for value in node.values:
            if isinstance(value, ast.FormattedValue):
                self.visit(value)

    def _note(self, owner: ast.expr, name: str, line: int, fallback: str | None = None) -> None:
        place = Place(self._module.name, line)
        owner_type = self._code.type_of(self._module, owner, self._env)
        if owner_type is None:
            self.unknown.append((name, place))
        else:
            told = fallback or self._fallback
            slot = ValueSlot(self._code.declaring(owner_type, name), name)
            self.uses.append(Use(slot, place, self._into, self._reader, told))

    def _with_fallback(self, node: ast.expr, fallback: str | None) -> None:
        before, self._fallback = self._fallback, fallback
        self.visit(node)
        self._fallback = before

    def _getattr(self, node: ast.Call) -> None:
        default = ast.unparse(node.args[2]) if len(node.args) > 2 else None
        for pattern in _patterns(node.args[1]):
            self._note(node.args[0], pattern, node.lineno, default)
        for argument in node.args:
            self.visit(argument)

    def _handed(self, node: ast.Call) -> Iterator[tuple[ValueSlot | None, ast.expr]]:
        """Each argument, with the slot that it goes to if the call is one that can be followed."""
        called = self._code.callee(self._module, node.func, self._env)
        names = parameters(called)
        for number, value in enumerate(node.args):
            known = called is not None and number < len(names) and not isinstance(value, ast.Starred)
            yield ValueSlot(called.name, names[number]) if called is not None and known else None, value
        for keyword in node.keywords:
            known = called is not None and keyword.arg is not None
            yield self._slot(called, str(keyword.arg)) if called is not None and known else None, keyword.value

    def _slot(self, called: Class | Function, name: str) -> ValueSlot:
        return ValueSlot(self._code.declaring(called.name, name) if isinstance(called, Class) else called.name, name)

    def _texts(self, node: ast.expr, default: str | None) -> None:
        for pattern in _patterns(node):
            self.texts.append(Text(pattern, Place(self._module.name, node.lineno), default))


def parameters(called: Class | Function | None) -> list[str]:
    """The names of a callable's arguments by place: a struct's fields, or an ``__init__``'s parameters."""
    if isinstance(called, Function):
        return called.positional
    if called is None:
        return []
    init = constructor(called)
    return list(called.fields) if init is None else init.positional


def constructor(called: Class) -> Function | None:
    """A class's own ``__init__``; None for a struct, whose fields are its arguments."""
    node = called.methods.get("__init__")
    return None if node is None else Function(called.module, node, called.name)


def _is_alone(value: ast.expr) -> bool:
    """Whether a value is only handed on, converted at most; one that is reckoned with others is used on the spot."""
    called = {id(node.func) for node in ast.walk(value) if isinstance(node, ast.Call)}
    names = {node.id for node in ast.walk(value) if isinstance(node, ast.Name) and id(node) not in called}
    return sum(not name.isupper() for name in names) <= 1


def _patterns(node: ast.expr) -> list[str]:
    """A string constant as a pattern of itself; a formatted one with anything in its gaps."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [re.escape(node.value)]
    if isinstance(node, ast.JoinedStr):
        parts = (re.escape(str(one.value)) if isinstance(one, ast.Constant) else r"\w+" for one in node.values)
        return ["".join(parts)]
    return []
