"""placeholder"""
from __future__ import annotations
from typing import Any
def render(applied: Any) -> dict[str, Any]:
    return {}
