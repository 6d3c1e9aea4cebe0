"""More rules of the house as functions from source text to findings: names, mirrors, senders and shields."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from support.walked import walked

_LIST = re.compile(r"^(?:Args|Attributes|Raises):\n(?:    .*\n?)+", re.MULTILINE)


def same_class_names(sources: Mapping[str, str]) -> list[str]:
    """Public classes that share a name, each with where they are."""
    places: defaultdict[str, list[str]] = defaultdict(list)
    for path, source in sources.items():
        module = walked(source)[0]
        assert isinstance(module, ast.Module)
        for node in module.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(path)
    return [f"{name}: {', '.join(paths)}" for name, paths in sorted(places.items()) if len(paths) > 1]


def without_mirror(sources: Iterable[str], tests: Iterable[str]) -> list[str]:
    """Modules without a test file of their name in the mirrored folder; a package's face has none of its own."""
    there = set(tests)
    modules = [path.rpartition("/") for path in sources if not path.endswith("/__init__.py")]
    return [f"{folder}/{name}" for folder, _, name in modules if f"tests/{folder}/test_{name}" not in there]


def promises(source: str) -> list[str | None]:
    """The sentence of each test in a file, None where there is none."""
    tests = [
        node
        for node in walked(source)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
    ]
    return [ast.get_docstring(test) for test in tests]


def makers(sources: Mapping[str, str], names: Collection[str], parts: Mapping[str, str]) -> dict[str, set[str]]:
    """By message, the parts of a session whose code makes it; code of no part is told by its path.

    Args:
        sources: Files by their paths.
        names: The messages.
        parts: From a file's path, or a folder's (with its slash), to the part that it is of.
    """
    found: dict[str, set[str]] = {name: set() for name in names}
    for path, source in sources.items():
        part = next((part for place, part in parts.items() if path.startswith(place)), path)
        for node in walked(source):
            for name in _made(node):
                if name in found:
                    found[name].add(part)
    return found


def _made(node: ast.AST) -> list[str]:
    """The classes that an expression makes one of: ``Fill(...)``, ``Fill.of(...)``, ``kind = Fill if ... else ...``."""
    if isinstance(node, ast.Call):
        target = node.func.value if isinstance(node.func, ast.Attribute) else node.func
        return [target.id] if isinstance(target, ast.Name) else []
    branches = [node.body, node.orelse] if isinstance(node, ast.IfExp) else []
    return [branch.id for branch in branches if isinstance(branch, ast.Name)]


def crowded_lists(path: str, source: str) -> list[str]:
    """Lines of a docstring's lists (Args, Attributes, Raises) that tell of one thing and then of another."""
    kinds = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    docs = [ast.get_docstring(node) or "" for node in walked(source) if isinstance(node, kinds)]
    lists = [found[0] for doc in docs for found in _LIST.finditer(doc)]
    return [
        f"{path}: {line.strip()}"
        for listed in lists
        for line in listed.splitlines()
        if re.search(r"\. [\w*]+(?:, [\w*]+)*: ", line)
    ]


def shields(path: str, source: str) -> list[str]:
    """Every place that shields from cancellation."""
    return [f"{path}: {ast.unparse(node)}" for node in walked(source) if _shields(node)]


def endless_shields(path: str, source: str) -> list[str]:
    """Shields without a deadline on the same scope; one that is set on a scope made elsewhere counts as one."""
    return [
        f"{path}: {ast.unparse(node)}"
        for node in walked(source)
        if _shields(node) and not (isinstance(node, ast.Call) and _is_timed(node))
    ]


def _shields(node: ast.AST) -> bool:
    if isinstance(node, ast.Call):
        return any(keyword.arg == "shield" for keyword in node.keywords)
    targets = node.targets if isinstance(node, ast.Assign) else []
    return any(isinstance(target, ast.Attribute) and target.attr == "shield" for target in targets)


def _is_timed(call: ast.Call) -> bool:
    name = ast.unparse(call.func).rpartition(".")[2]
    timed = name in {"move_on_after", "move_on_at", "fail_after", "fail_at"}
    return timed or any(keyword.arg in {"deadline", "relative_deadline"} for keyword in call.keywords)
