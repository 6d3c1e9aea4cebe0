"""``neo completion``: what makes a shell complete ``neo``'s commands and options at the Tab key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import click
from click.shell_completion import get_completion_class

from tools.console.forms import json_option, json_text
from tools.console.options import COMPLETE_VARIABLE, NameOf

_ASKED: Final = "_complete"

# Click has none for this shell. It is told as fish is: the words up to the cursor, and the one under it.
_POWERSHELL: Final = """\
Register-ArgumentCompleter -Native -CommandName neo -ScriptBlock {
    param($word, $line, $cursor)
    $env:_NEO_COMPLETE = 'fish_complete'
    $env:COMP_WORDS = $line.Extent.Text.PadRight($cursor).Substring(0, $cursor)
    $env:COMP_CWORD = $word
    try {
        neo | ForEach-Object {
            $kind, $told = $_ -split ',', 2
            if ($kind -eq 'plain') {
                $value, $help = $told -split "`t", 2
                $shown = if ($help) { $help } else { $value }
                [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $shown)
            }
        }
    } finally {
        Remove-Item Env:_NEO_COMPLETE, Env:COMP_WORDS, Env:COMP_CWORD -ErrorAction SilentlyContinue
    }
}
"""

_SHELLS: Final = ("bash", "zsh", "fish", "powershell")


@click.command()
@click.argument("shell", type=NameOf(_SHELLS))
@json_option
@click.pass_context
def completion(context: click.Context, shell: str, *, as_json: bool) -> None:
    """Print what makes SHELL complete neo's commands and options.

    bash and zsh: eval "$(neo completion bash)" in ~/.bashrc or ~/.zshrc. fish: neo completion fish | source in its
    config.fish. PowerShell: neo completion powershell | Out-String | Invoke-Expression in $PROFILE.
    """
    script = script_for(context.find_root().command, shell)
    click.echo(json_text({"shell": shell, "script": script}) if as_json else script, nl=as_json)


def completions(command: click.Command, environment: Mapping[str, str]) -> str | None:
    """What the words that a shell tells may become, in the form that its script reads; None if no shell asks.

    Click would write it as bytes, past the house's own standard output.

    Args:
        command: All of ``neo``.
        environment: Where a shell's script tells the words.
    """
    shell, _, asked = environment.get(COMPLETE_VARIABLE, "").partition("_")
    kind = get_completion_class(shell)
    if kind is None or f"_{asked}" != _ASKED:
        return None
    return kind(command, {}, "neo", COMPLETE_VARIABLE).complete()


def script_for(command: click.Command, shell: str) -> str:
    """The script for a shell.

    Args:
        command: All of ``neo``.
        shell: One of those that are known.
    """
    if shell == "powershell":
        return _POWERSHELL
    kind = get_completion_class(shell)
    assert kind is not None, "Click has a script for each of the others"
    return kind(command, {}, "neo", COMPLETE_VARIABLE).source().lstrip("\n")
