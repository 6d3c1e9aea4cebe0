"""What a page looks like and what keeps it fresh: files of ours, out of the installed package and from nowhere else."""

from __future__ import annotations

import functools
import hashlib
import importlib.resources
from collections.abc import Mapping
from typing import Final

import msgspec

from actors.page.exchange import PageAnswer, PageRequest
from tools.page.ground import PageError, PageGround, PageRoute

_TYPES: Final[Mapping[str, str]] = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
}


class _Asset(msgspec.Struct, frozen=True):
    body: bytes
    content_type: str
    etag: str


async def asset(_ground: PageGround, request: PageRequest, **parts: str) -> PageAnswer:
    """One file. A browser keeps it and asks each time whether it is still the same: an upgrade shows at once."""
    found = _assets().get("/".join(parts.values()))
    if found is None:
        raise PageError(404, "The page has no such file.")
    headers = {"ETag": found.etag, "Cache-Control": "no-cache"}
    if found.etag in (tag.strip() for tag in request.if_none_match.split(",")):
        return PageAnswer(body=b"", status=304, headers=headers)
    return PageAnswer(body=found.body, content_type=found.content_type, headers=headers)


@functools.cache
def _assets() -> Mapping[str, _Asset]:
    """All files there are, by their addresses' ends: what is not among them is asked of no file system."""
    folder = importlib.resources.files("tools.page") / "assets"
    files = {file.name: file for file in folder.iterdir() if file.is_file()}
    for below in folder.iterdir():
        if below.is_dir():
            files |= {f"{below.name}/{file.name}": file for file in below.iterdir() if file.is_file()}
    found = {}
    for name, file in files.items():
        content_type = _TYPES.get(name[name.rfind(".") :])
        if content_type is not None:
            body = file.read_bytes()
            found[name] = _Asset(body, content_type, f'"{hashlib.sha256(body).hexdigest()[:32]}"')
    return found


ASSET_ROUTES = (PageRoute("GET", "/assets/{name}", asset), PageRoute("GET", "/assets/{folder}/{name}", asset))
