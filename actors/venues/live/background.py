"""Tasks that last as long as a block, without changing what the block raises."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import trio


@asynccontextmanager
async def open_background() -> AsyncIterator[trio.Nursery]:
    """A nursery that is cancelled as its block ends. The block's own error comes out as it is, in no group.

    A task that fails is a defect, and comes out in a group as from any nursery.
    """
    # Entered and left by hand: its own block would put the block's error into a group with those of its tasks.
    manager = trio.open_nursery()
    nursery = await manager.__aenter__()
    try:
        yield nursery
    finally:
        nursery.cancel_scope.cancel()
        await manager.__aexit__(None, None, None)
