"""Alerts to a program of the operator's own: no shell, the alert as JSON on standard input, and an end if it hangs."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from typing import Final

import trio

from actors.alerts.delivery import ChannelError, ChannelRefusedError
from neo.alerts.alert import Alert
from neo.alerts.alert_settings import CommandSettings
from neo.alerts.webhook_forms import alert_json, alert_text
from neo.text.printable import printable

# Of its own accord after a SIGTERM; then it is killed.
_GRACE_S: Final = 2.0

# "Try again later", in the words of sysexits.h (EX_TEMPFAIL).
_LATER: Final = 75

# An environment's entry has to fit; the whole is on standard input.
_TEXT_CHARS_MAX: Final = 4000


class CommandChannel:
    """Starts the program once for each alert.

    Args:
        settings: The program with its arguments, and how long it may take.
        environment: What it is started with.

    Raises:
        ChannelRefusedError: There is no such program.
    """

    name = "command"

    def __init__(self, settings: CommandSettings, environment: Mapping[str, str]) -> None:
        program = shutil.which(settings.argv[0], path=environment.get("PATH"))
        if program is None:
            raise ChannelRefusedError("is no program that can be started")
        self._argv = [program, *settings.argv[1:]]
        self._environment = environment
        self.target = printable(settings.argv[0])
        # The program's own deadline comes first; this one is for what it leaves behind.
        self.deadline_s = settings.deadline_s + 2 * _GRACE_S
        self._own_deadline_s = settings.deadline_s

    async def send(self, alert: Alert) -> None:
        """Run it.

        Raises:
            ChannelError: It could not be started, failed, or took too long.
        """
        variables = {
            "NEO_ALERT_ID": alert.id,
            "NEO_ALERT_EVENT": str(alert.event),
            "NEO_ALERT_SEVERITY": str(alert.severity),
            "NEO_ALERT_TITLE": alert.title,
            "NEO_ALERT_SESSION": alert.session_id,
            "NEO_ALERT_TEXT": alert_text(alert)[:_TEXT_CHARS_MAX],
        }
        try:
            code = await self._run(alert_json(alert), {**self._environment, **variables})
        except OSError as error:
            raise ChannelError(f"can't be started: {error.strerror}") from None
        if code is None:
            raise ChannelError(f"took more than {self._own_deadline_s:g} s and was ended", is_final=True)
        if code != 0:
            # What it did before it failed is not known, so it is not done again unless it says so.
            told = f"ended by signal {-code}" if code < 0 else f"failed with {code}"
            raise ChannelError(told, is_final=code != _LATER)

    async def aclose(self) -> None:
        """Nothing is left open."""

    async def _run(self, given: bytes, environment: Mapping[str, str]) -> int | None:
        """Its exit code; None if it was ended for taking too long."""
        with trio.move_on_after(self._own_deadline_s) as own:
            done = await trio.run_process(
                self._argv,
                stdin=given,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=environment,
                check=False,
                # A group of its own, so that it can be ended with all that it started, and hears no Ctrl+C of ours.
                start_new_session=True,
                deliver_cancel=_end_with_all,
            )
        return None if own.cancelled_caught else done.returncode


async def _end_with_all(process: trio.Process) -> None:
    """End a program and what it started: asked first, killed then."""
    _signal_group(process, hard=False)
    with trio.move_on_after(_GRACE_S):
        await process.wait()
    _signal_group(process, hard=True)


def _signal_group(process: trio.Process, *, hard: bool) -> None:
    with contextlib.suppress(OSError):  # it has just ended
        if sys.platform == "win32":
            process.kill() if hard else process.terminate()
        else:
            os.killpg(process.pid, signal.SIGKILL if hard else signal.SIGTERM)
