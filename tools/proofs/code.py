"""What the source says of types, as far as an audit of settings needs it: read, never run.

A class is known by its full name (``neo.config.schema.RiskConfig``). Types come from annotations, which mypy holds
complete, and flow through assignments, attributes, properties and calls. What isn't known is None, never a guess.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


class Class:
    """A class of the source: its annotated fields in order, its methods, and where it is."""

    def __init__(self, module: str, node: ast.ClassDef) -> None:
        self.module = module
        self.node = node
        self.name = f"{module}.{node.name}"
        self.fields: dict[str, ast.AnnAssign] = {}
        self.methods: dict[str, FunctionNode] = {}
        for item in node.body:
            if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name):
                self.fields[item.target.id] = item
            elif isinstance(item, FunctionNode):
                self.methods[item.name] = item

    def is_property(self, name: str) -> bool:
        """Whether a method is read like a field."""
        method = self.methods.get(name)
        return method is not None and any(ast.unparse(one).endswith("property") for one in method.decorator_list)


class Function:
    """A function at the top of a module, or a method; its parameters by name, without ``self``."""

    def __init__(self, module: str, node: FunctionNode, owner: str = "") -> None:
        self.module = module
        self.node = node
        self.name = ".".join(filter(None, [owner or module, node.name]))
        arguments = [*node.args.posonlyargs, *node.args.args]
        is_static = any(ast.unparse(one) == "staticmethod" for one in node.decorator_list)
        self.positional = [one.arg for one in arguments[1 if owner and not is_static else 0 :]]
        defaults = [one.arg for one in arguments[len(arguments) - len(node.args.defaults) :]]
        pairs = zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
        body = node.body[1:] if ast.get_docstring(node) is not None else node.body
        self.has_body = any(not isinstance(one, ast.Pass) and ast.unparse(one) != "..." for one in body)
        self.defaulted = {*defaults, *(one.arg for one, default in pairs if default is not None)}


class Module:
    """A module of the source: what its names mean."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.tree = ast.parse(text)
        self.imports: dict[str, str] = {}
        self.members: dict[str, Class | Function] = {}
        self.aliases: dict[str, ast.expr] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.ImportFrom) and node.module:
                self.imports |= {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
        for item in self.tree.body:
            if isinstance(item, ast.ClassDef):
                self.members[item.name] = Class(name, item)
            elif isinstance(item, FunctionNode):
                self.members[item.name] = Function(name, item)
            elif isinstance(item, ast.Assign) and isinstance(item.value, ast.Name | ast.Attribute | ast.BinOp):
                self.aliases |= {one.id: item.value for one in item.targets if isinstance(one, ast.Name)}


Env = dict[str, str | None]


class Code:
    """All modules of a source tree.

    Args:
        sources: Text by path from the root, such as ``neo/risk/gates.py``.
    """

    def __init__(self, sources: Mapping[str, str]) -> None:
        self.modules = {name: Module(name, text) for path, text in sources.items() for name in [path_to_module(path)]}
        self._attributes: dict[tuple[str, str], str | None] = {}

    def find(self, full_name: str) -> Class | Function | None:
        """What a full name means; a name that a package only passes on is followed to where it is made."""
        for _ in range(8):
            module_name, _, name = full_name.rpartition(".")
            module = self.modules.get(module_name)
            if module is None:
                return None
            if name in module.members:
                return module.members[name]
            if name in module.aliases:
                classes = self.classes(module, module.aliases[name])
                return classes[0] if classes else None
            if name not in module.imports:
                return None
            full_name = module.imports[name]
        return None

    def named(self, module: Module, node: ast.expr) -> Class | Function | None:
        """The class or function that an expression names, such as ``RiskLimits`` or ``stored.course``."""
        if isinstance(node, ast.Name):
            return self.find(f"{module.name}.{node.id}")
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            return self.find(f"{module.imports.get(node.value.id, '')}.{node.attr}")
        return None

    def classes(self, module: Module, node: ast.expr) -> list[Class]:
        """The classes that an annotation, or the name of one, stands for: several if it is a union of them."""
        if isinstance(node, ast.BinOp):
            return [*self.classes(module, node.left), *self.classes(module, node.right)]
        if isinstance(node, ast.Name) and node.id in module.aliases:
            return self.classes(module, module.aliases[node.id])
        found = self.named(module, node)
        return [found] if isinstance(found, Class) else []

    def knows(self, module: Module, owner: Class) -> bool:
        """Whether a module has a class by name: its own, or imported."""
        return owner.module == module.name or any(self.find(name) is owner for name in module.imports.values())

    def annotated(self, module: Module, node: ast.expr | None) -> str | None:
        """The class that an annotation names; optional and annotated ones too."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return self.annotated(module, ast.parse(node.value, mode="eval").body)
        if isinstance(node, ast.BinOp):
            return self.annotated(module, node.left) or self.annotated(module, node.right)
        if isinstance(node, ast.Subscript) and ast.unparse(node.value).endswith(("Annotated", "Final")):
            inner = node.slice
            return self.annotated(module, inner.elts[0] if isinstance(inner, ast.Tuple) else inner)
        found = None if node is None else self.named(module, node)
        return found.name if isinstance(found, Class) else None

    def class_of(self, name: str | None) -> Class | None:
        """The class of a full name."""
        found = None if name is None else self.find(name)
        return found if isinstance(found, Class) else None

    def declaring(self, name: str, field: str) -> str:
        """The full name of the class that declares a field of one: it itself, or one that it inherits from."""
        owner = self.class_of(name)
        if owner is None or field in owner.fields:
            return name
        for base in owner.node.bases:
            declared = self.class_of(self.annotated(self.modules[owner.module], base))
            if declared is not None:
                found = self.declaring(declared.name, field)
                if (where := self.class_of(found)) is not None and field in where.fields:
                    return found
        return name

    def type_of(self, module: Module, node: ast.expr, env: Env) -> str | None:
        """The class of an expression's value."""
        match node:
            case ast.Name(id=name):
                return env.get(name)
            case ast.Attribute(value=value, attr=attr):
                return self.attribute(self.class_of(self.type_of(module, value, env)), attr)
            case ast.Await(value=value) | ast.NamedExpr(value=value):
                return self.type_of(module, value, env)
            case ast.BoolOp(values=[first, *_]) | ast.IfExp(body=first):
                return self.type_of(module, first, env)
            case ast.Call():
                return self._call_type(module, node, env)
            case _:
                return None

    def attribute(self, owner: Class | None, name: str) -> str | None:
        """The class of an object's attribute: an annotated field, a property, or what ``self.name = ...`` gave it."""
        if owner is None:
            return None
        module = self.modules[owner.module]
        if name in owner.fields:
            return self.annotated(module, owner.fields[name].annotation)
        if owner.is_property(name):
            return self.annotated(module, owner.methods[name].returns)
        key = (owner.name, name)
        if key not in self._attributes:
            self._attributes[key] = None  # an attribute that is made from itself ends here
            self._attributes[key] = self._assigned(module, owner, name)
        return self._attributes[key]

    def start_env(self, module: Module, node: FunctionNode | ast.Lambda, owner: Class | None, outer: Env) -> Env:
        """What a function's names mean when it begins."""
        env = dict(outer)
        arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        for number, argument in enumerate(arguments):
            env[argument.arg] = self.annotated(module, argument.annotation)
            if owner is not None and number == 0 and argument.annotation is None:
                env[argument.arg] = owner.name  # self, or cls: its fields are the same
        return env

    def bind(self, module: Module, node: ast.AST, env: Env) -> None:
        """Take an assignment in."""
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            env[node.target.id] = self.annotated(module, node.annotation)
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                for name, value in _pairs(target, node.value):
                    env[name] = None if value is None else self.type_of(module, value, env)

    def _call_type(self, module: Module, node: ast.Call, env: Env) -> str | None:
        if ast.unparse(node.func) in {"msgspec.structs.replace", "copy.copy"} and node.args:
            return self.type_of(module, node.args[0], env)
        found = self.callee(module, node.func, env)
        if isinstance(found, Class):
            return found.name
        return None if found is None else self.annotated(self.modules[found.module], found.node.returns)

    def callee(self, module: Module, node: ast.expr, env: Env) -> Class | Function | None:
        """What a call calls: a class, a function, or a method as one."""
        found = self.named(module, node)
        if found is not None or not isinstance(node, ast.Attribute):
            return found
        owner = self.class_of(self.type_of(module, node.value, env)) or self.named(module, node.value)
        if isinstance(owner, Class) and node.attr in owner.methods:
            return Function(owner.module, owner.methods[node.attr], owner.name)
        return None

    def _assigned(self, module: Module, owner: Class, name: str) -> str | None:
        for method in owner.methods.values():
            env = self.start_env(module, method, owner, {})
            for node in statements(method):
                target = _self_target(node)
                if target == name and isinstance(node, ast.AnnAssign):
                    return self.annotated(module, node.annotation)
                if target == name and isinstance(node, ast.Assign):
                    found = self.type_of(module, node.value, env)
                    if found is not None:
                        return found
                self.bind(module, node, env)
        return None


def statements(node: ast.AST) -> Iterator[ast.AST]:
    """Every node below one, in the order of the text, not into functions and classes of its own."""
    for child in ast.iter_child_nodes(node):
        yield child
        if not isinstance(child, FunctionNode | ast.ClassDef | ast.Lambda):
            yield from statements(child)


def path_to_module(path: str) -> str:
    """``neo/risk/__init__.py`` as ``neo.risk``."""
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _self_target(node: ast.AST) -> str | None:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    for target in targets:
        if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id == "self":
            return target.attr
    return None


def _pairs(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, ast.expr | None]]:
    """Names and what they are given; ``a, b = x, y`` gives two."""
    if isinstance(target, ast.Name):
        yield target.id, value
    elif isinstance(target, ast.Tuple):
        values: list[ast.expr | None] = [*value.elts] if isinstance(value, ast.Tuple) else [None] * len(target.elts)
        for one, given in zip(target.elts, values, strict=False):
            if isinstance(one, ast.Name):
                yield one.id, given
