"""The syntax of a source, read once: a dozen rules look at every file of the tree."""

from __future__ import annotations

import ast
import functools


@functools.lru_cache(maxsize=1200)  # every file of the tree, and the rules' samples
def walked(source: str) -> tuple[ast.AST, ...]:
    """All nodes of a source, as :func:`ast.walk` gives them."""
    return tuple(ast.walk(ast.parse(source)))
