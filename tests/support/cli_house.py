"""The rules of the house as functions from source text to findings, so that a bad sample can prove each of them."""

from __future__ import annotations

import ast
import fnmatch
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from support.walked import walked

FLOORS = ("neo", "actors", "tools")

# What each floor may import of the others.
MAY_IMPORT = {"neo": {"neo"}, "actors": {"actors", "neo"}, "tools": {"tools", "actors", "neo"}}

# All that the pure floor may import from outside: no clock, no chance, no file, no socket, no thread, no framework.
NEO_STDLIB = {
    "__future__", "abc", "array", "base64", "binascii", "bisect", "collections", "dataclasses", "datetime", "decimal",
    "difflib", "enum", "fractions", "functools", "hashlib", "heapq", "ipaddress", "itertools", "json", "math",
    "operator", "re", "statistics", "string", "struct", "textwrap", "types", "typing",
}  # fmt: skip
NEO_PACKAGES = {"msgspec"}
# The ledger's codecs are pure; xrpl-py's clients are not.
NEO_XRPL = ("xrpl.core", "xrpl.constants", "xrpl.models")

# Calls that would bring a clock, a file or a terminal into the pure floor without an import.
NEO_CALLS = {"open", "print", "input", "__import__"}
NEO_METHODS = {"now", "today", "utcnow", "read_text", "write_text"}

ACTORS = ("gateway", "strategy", "risk", "persistence", "telemetry")

# Who owns every context of decimals, and what of the decimal module nobody else may take.
DECIMALS_OWNER = "neo/chain/money.py"
DECIMAL_CONTEXTS = {
    "Context", "localcontext", "getcontext", "setcontext", "DefaultContext", "BasicContext", "ExtendedContext",
}  # fmt: skip
# Amounts of RLUSD by their names; the simulation's own micro-RLUSD are whole numbers.
RLUSD_NAME = re.compile(r"(^|_)rlusd(?!_micro)(_|$)")
MONEY_NAME = re.compile(r"(_drops|_rlusd|(^|_)prices?)$")

# Remnants that once fooled every search of an engine's source, in whatever case they are written.
STALE = (
    "*_old", "*_old.*", "*_old/*", "*.old", "*.bak", "*.bak.*", "*_bak.*", "*.backup", "*.orig", "*.rej", "*~", "*.swp",
    "*.fuse_hidden*", "*<magicmock *", "*archive/*", "* up/*", "* copy.*", "*copy of *", "*.zip", "*.tar", "*.tar.*",
    "*.tgz", "*.7z", "*.rar", "*.lock", "*.pyc", "*.sqlite3*", "*.log", "*.egg-info/*", "dist/*",
)  # fmt: skip

# Spelled in pieces, so that this file doesn't hold what it forbids.
MARKS = re.compile("|".join(rf"\b{head}{tail}\b" for head, tail in (("TO", "DO"), ("FIX", "ME"), ("X", "XX"))))
UNWRITTEN = "Not" + "ImplementedError"
MACHINE_PATH = re.compile("|".join(["/ro" + "ot/", "/wo" + "rk/", "/ho" + r"me/\w", "/tm" + "p/", r"C:\\" + "Users"]))
REGISTRY = re.compile("|".join([r"pypi\." + "org", "python" + "hosted", r"npmjs\." + "(com|org)", "simple" + "/\\?"]))

LINES_MAX = 500
FUNCTION_LINES_MAX = 60

# So many messages in one dict or set are a table of its own.
SIDE_MAP_LEAST = 3

# Files that may be longer, each with its own limit and its reason.
LONGER_FILES: dict[str, int] = {
    "actors/gateway.py": 510,  # until the dealer takes the decisions out of it
}


def imports_of(source: str) -> Iterator[tuple[int, str]]:
    """Every module that a source imports, at its top or inside a function, with the line."""
    for node in walked(source):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            yield node.lineno, "." * node.level + (node.module or "")


def wrong_imports(path: str, source: str) -> list[str]:
    """Imports against the direction tools -> actors -> neo, into ``neo`` from outside, or between two actors."""
    floor = path.split("/", maxsplit=1)[0]
    return [f"{path}:{line}: {fault}" for line, name in imports_of(source) if (fault := _fault(floor, path, name))]


def _fault(floor: str, path: str, name: str) -> str | None:
    top = name.split(".", maxsplit=1)[0]
    if name.startswith("."):
        return f"relative import {name}"
    if top in (*FLOORS, "tests", "support"):
        if top not in MAY_IMPORT[floor]:
            return f"{floor} imports {name}"
        actor = re.fullmatch(rf"actors/({'|'.join(ACTORS)})\.py", path)
        other = re.fullmatch(rf"actors\.({'|'.join(ACTORS)})", name)
        if actor and other:
            return f"actor {actor[1]} imports actor {other[1]}"
        return None
    if floor == "neo" and top not in NEO_STDLIB | NEO_PACKAGES and not name.startswith(NEO_XRPL):
        return f"neo imports {name}"
    return None


# Who may name a venue besides the venue itself, and why.
NAMES_SIM = {
    "actors/venues/table.py": "the one line",
    "neo/config/schema.py": "its section of the settings",
    "tools/proofs/drills.py": "looks at the simulated ledger itself, past everything that is being proved",
}


def names_a_venue(path: str, source: str) -> list[str]:
    """Imports of the simulation from outside its folders: whoever has one adds an ``if`` to every other venue."""
    if path.startswith(("actors/venues/sim/", "neo/sim/")) or path in NAMES_SIM:
        return []
    return [
        f"{path}:{line}: imports {name}"
        for line, name in imports_of(source)
        if f"{name}.".startswith(("actors.venues.sim.", "neo.sim."))
    ]


def imports_settings(path: str, source: str) -> list[str]:
    """Imports of the profile from below it: ``neo/config`` is on top of all of ``neo``."""
    if not path.startswith("neo/") or path.startswith("neo/config/"):
        return []
    return [
        f"{path}:{line}: imports {name}" for line, name in imports_of(source) if f"{name}.".startswith("neo.config.")
    ]


def reads_settings(path: str, source: str, sections: Collection[str]) -> list[str]:
    """Keys of a profile that are mapped to who takes them anywhere else than in the one file that does.

    Args:
        path: The file.
        source: Its text.
        sections: Those that a venue or a tool has no part in.
    """
    if path.startswith("neo/config/"):
        return []
    return [
        f"{path}:{node.lineno}: reads config.{node.attr}"
        for node in walked(source)
        if isinstance(node, ast.Attribute) and node.attr in sections and _name(node.value) == "config"
    ]


def impure_calls(path: str, source: str) -> list[str]:
    """Calls in ``neo`` to what reads a clock, a file or a terminal."""
    findings = []
    for node in walked(source):
        if not isinstance(node, ast.Call):
            continue
        name, forbidden = (
            (node.func.id, NEO_CALLS)
            if isinstance(node.func, ast.Name)
            else (getattr(node.func, "attr", ""), NEO_METHODS)
        )
        if name in forbidden:
            findings.append(f"{path}:{node.lineno}: calls {name}()")
    return findings


def float_money(path: str, source: str) -> list[str]:
    """Money, amounts and prices annotated as ``float``."""
    findings = []
    for node in walked(source):
        name, annotation = _annotated(node)
        if name and annotation and MONEY_NAME.search(name) and "float" in ast.unparse(annotation):
            findings.append(f"{path}:{getattr(node, 'lineno', 0)}: {name} is a float")
    return findings


def _annotated(node: ast.AST) -> tuple[str | None, ast.expr | None]:
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return node.target.id, node.annotation
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Attribute):
        return node.target.attr, node.annotation
    if isinstance(node, ast.arg):
        return node.arg, node.annotation
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return node.name, node.returns
    return None, None


def loose_decimals(path: str, source: str) -> list[str]:
    """Rounding rules made outside of the one module that owns them, and money worked out by Python's ambient one.

    The ambient context rounds at 28 digits without a word; an operator works by it, and so do ``abs``, a unary minus,
    ``sum`` and ``quantize``. What is called RLUSD is added and multiplied by the methods of a context instead.
    """
    if path == DECIMALS_OWNER or path.startswith("neo/ledger/"):
        return []
    findings = []
    for node in walked(source):
        fault = _loose_context(node) or _loose_sum(node)
        if fault:
            findings.append(f"{path}:{getattr(node, 'lineno', 0)}: {fault}")
    return findings


def _loose_context(node: ast.AST) -> str | None:
    if isinstance(node, ast.ImportFrom) and node.module == "decimal":
        taken = sorted({alias.name for alias in node.names} & DECIMAL_CONTEXTS)
        return f"takes {', '.join(taken)} from decimal" if taken else None
    if isinstance(node, ast.Attribute):
        if _name(node.value) == "decimal" and node.attr in DECIMAL_CONTEXTS:
            return f"takes decimal.{node.attr}"
        return "calls quantize()" if node.attr == "quantize" else None
    return None


def _loose_sum(node: ast.AST) -> str | None:
    if isinstance(node, ast.BinOp):
        operands = [node.left, node.right]
    elif isinstance(node, ast.AugAssign):
        operands = [node.target, node.value]
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        operands = [node.operand]
    elif isinstance(node, ast.Call) and _name(node.func) in {"abs", "sum"} and node.args:
        summed = node.args[0]
        operands = [summed.elt if isinstance(summed, (ast.GeneratorExp, ast.ListComp)) else summed]
    else:
        return None
    loose = [name for operand in operands if RLUSD_NAME.search(name := _name(operand))]
    return f"works out {', '.join(loose)} by the ambient context" if loose else None


def _name(node: ast.AST) -> str:
    """What an expression is called: a variable's, an attribute's or a function's own name, or nothing."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return node.attr
    return _name(node.func) if isinstance(node, ast.Call) else ""


def too_long(path: str, source: str) -> list[str]:
    """Files and functions beyond what a reader can hold."""
    lines = source.count("\n")
    findings = [f"{path}: {lines} lines"] if lines > LONGER_FILES.get(path, LINES_MAX) else []
    for node in walked(source):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > FUNCTION_LINES_MAX:
                findings.append(f"{path}:{node.lineno}: {node.name} has {length} lines")
    return findings


def import_cycles(sources: Mapping[str, str]) -> list[str]:
    """Modules that import each other in a circle, by their dotted names."""
    modules = {_module(path): source for path, source in sources.items()}
    edges = {name: _edges(source, set(modules)) for name, source in modules.items()}
    done: set[str] = set()
    cycles: list[str] = []

    def visit(name: str, trail: list[str]) -> None:
        if name in trail:
            cycles.append(" -> ".join([*trail[trail.index(name) :], name]))
        elif name not in done:
            for to in sorted(edges[name]):
                visit(to, [*trail, name])
            done.add(name)

    for name in sorted(modules):
        visit(name, [])
    return cycles


def same_names(paths: Iterable[str]) -> list[str]:
    """File names that stand for more than one file; a package's face is called alike everywhere."""
    by_name: dict[str, list[str]] = {}
    for path in sorted(paths):
        by_name.setdefault(path.rpartition("/")[2], []).append(path)
    return [
        f"{name}: {', '.join(shared)}" for name, shared in by_name.items() if len(shared) > 1 and name != "__init__.py"
    ]


def not_a_file_a_command(commands: Mapping[str, str], files: Iterable[str]) -> list[str]:
    """Commands that don't live in a file of their name, and files beside them that are no command."""
    folder, found = "tools/commands", set(files)
    findings = [
        f"{name}: lives in {module}" for name, module in commands.items() if _module(f"{folder}/{name}.py") != module
    ]
    expected = {f"{folder}/{name}.py" for name in (*commands, "table", "__init__")}
    missing = [f"{path}: is not there" for path in sorted(expected - found)]
    return findings + missing + [f"{path}: is no command" for path in sorted(found - expected)]


def side_maps(path: str, source: str, messages: Collection[str]) -> list[str]:
    """Dicts and sets of three messages or more, by their classes or names: the table of routes is the one that has it.

    Args:
        path: The file.
        source: Its text.
        messages: The names of all messages.
    """
    found = []
    for node in walked(source):
        keys: Sequence[ast.expr | None] = ()
        if isinstance(node, ast.Dict):
            keys = node.keys
        elif isinstance(node, ast.Set):
            keys = node.elts
        if sum(_name_of(key) in messages for key in keys) >= SIDE_MAP_LEAST:
            found.append(f"{path}:{node.lineno} keeps a map of messages beside the table of routes")
    return found


def _name_of(key: ast.expr | None) -> str:
    match key:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Constant(value=str(name)):
            return name
        case _:
            return ""


def unreached(sources: Mapping[str, str], roots: Iterable[str]) -> list[str]:
    """Modules that nothing reaches from the roots by imports."""
    modules = {_module(path): source for path, source in sources.items()}
    waiting, reached = list(roots), set[str]()
    while waiting:
        name = waiting.pop()
        if name in reached or name not in modules:
            continue
        reached.add(name)
        # Importing a module runs its packages too.
        waiting += [name.rpartition(".")[0], *_edges(modules[name], set(modules))]
    return sorted(set(modules) - reached)


def _edges(source: str, modules: set[str]) -> set[str]:
    """The modules that a source needs; ``from package import module`` needs the module, not the package's face."""
    needed: set[str] = set()
    for node in walked(source):
        if isinstance(node, ast.Import):
            needed |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            needed |= inner & modules or {node.module}
    return needed & modules


def _module(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def stale_files(paths: Iterable[str]) -> list[str]:
    """Files that no repository should have."""
    return [path for path in paths if any(fnmatch.fnmatchcase(path.lower(), pattern) for pattern in STALE)]


def unfinished(path: str, source: str) -> list[str]:
    """Marks of work left for later."""
    lines = enumerate(source.splitlines(), start=1)
    return [f"{path}:{number}: {line.strip()}" for number, line in lines if MARKS.search(line) or UNWRITTEN in line]


def of_this_machine(path: str, text: str) -> list[str]:
    """Paths of one machine, and hosts of package registries."""
    lines = enumerate(text.splitlines(), start=1)
    return [
        f"{path}:{number}: {line.strip()}"
        for number, line in lines
        if MACHINE_PATH.search(line) or REGISTRY.search(line)
    ]


def python_files(root: Path, folders: Iterable[str]) -> dict[str, str]:
    """Every source below the folders: path from the root, text."""
    return {
        path.relative_to(root).as_posix(): path.read_text(encoding="utf-8")
        for folder in folders
        for path in sorted((root / folder).rglob("*.py"))
    }


def any_types(path: str, source: str) -> list[str]:
    """Every place where a type is left open: ``Any`` in an annotation, a cast or an alias."""
    return [f"{path}:{node.lineno}: Any" for node in walked(source) if isinstance(node, ast.Name) and node.id == "Any"]
