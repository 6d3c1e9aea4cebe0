"""More rules of the house as functions from source text to findings: names, mirrors and shields."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping

_LIST = re.compile(r"^(?:Args|Attributes|Raises):\n(?:    .*\n?)+", re.MULTILINE)


def same_class_names(sources: Mapping[str, str]) -> list[str]:
    """Public classes that share a name, each with where they are."""
    places: defaultdict[str, list[str]] = defaultdict(list)
    for path, source in sources.items():
        for node in ast.parse(source).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(path)
    return [f"{name}: {', '.join(paths)}" for name, paths in sorted(places.items()) if len(paths) > 1]


def without_mirror(sources: Iterable[str], tests: Iterable[str]) -> list[str]:
    """Modules without a test file of their name in the mirrored folder; a package's face has none of its own."""
    there = set(tests)
    modules = [path.rpartition("/") for path in sources if not path.endswith("/__init__.py")]
    return [f"{folder}/{name}" for folder, _, name in modules if f"tests/{folder}/test_{name}" not in there]


def crowded_lists(path: str, source: str) -> list[str]:
    """Lines of a docstring's lists (Args, Attributes, Raises) that tell of one thing and then of another."""
    kinds = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    docs = [ast.get_docstring(node) or "" for node in ast.walk(ast.parse(source)) if isinstance(node, kinds)]
    lists = [found[0] for doc in docs for found in _LIST.finditer(doc)]
    return [
        f"{path}: {line.strip()}"
        for listed in lists
        for line in listed.splitlines()
        if re.search(r"\. [\w*]+(?:, [\w*]+)*: ", line)
    ]


def shields(path: str, source: str) -> list[str]:
    """Every place that shields from cancellation."""
    return [f"{path}: {ast.unparse(node)}" for node in ast.walk(ast.parse(source)) if _shields(node)]


def endless_shields(path: str, source: str) -> list[str]:
    """Shields without a deadline on the same scope; one that is set on a scope made elsewhere counts as one."""
    return [
        f"{path}: {ast.unparse(node)}"
        for node in ast.walk(ast.parse(source))
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
