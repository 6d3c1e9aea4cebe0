"""No session on a real ledger begins by mistake, and none is told of an account that is none.

Addresses are the ledger's own first account, RLUSD's issuer, and the account of number zero.
"""

from __future__ import annotations

import json

import click
import pytest

from actors.venues.live.live_plan import live_settings
from neo.config import Config, config_json, config_sha256, replace_values
from neo.wire.live_config import LiveVenueConfig
from tools.settings.live_options import LiveOptions, named_account, require_intent, with_live_options
from tools.settings.profiles import find_profile, read_profile

ACCOUNT = "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh"
THIRD = "rrrrrrrrrrrrrrrrrrrrrhoLvTp"
OTHER = "rMxCKbEDwqr76QuheSUMdEGf4B9xJ8m5De"
SEED = "snoPBrXtMeMyMHUVTgbuqAfg1SUTb"


def live() -> Config:
    """The shipped live profile."""
    return read_profile(find_profile("live-stage1"))


def venue(config: Config) -> LiveVenueConfig:
    """Its venue."""
    assert isinstance(config.venue, LiveVenueConfig)
    return config.venue


def refused(
    config: Config, account: str | None = None, *endpoints: str, issuer: str | None = None, **environment: str
) -> str:
    """The message of a refusal, which the command line ends with 2."""
    with pytest.raises(click.UsageError) as caught:
        with_live_options(config, LiveOptions(account=account, issuer=issuer, endpoints=endpoints), environment)
    assert caught.value.exit_code == 2
    return caught.value.message


def test_the_command_line_comes_before_the_environment_and_that_before_the_profile() -> None:
    """Who types an account means that one."""
    environment = {"NEO_ACCOUNT": OTHER, "NEO_ENDPOINTS": "ws://127.0.0.1:6006, wss://two.example"}
    assert venue(with_live_options(live(), LiveOptions(), {})) == venue(live())
    by_environment = venue(with_live_options(live(), LiveOptions(), environment))
    assert by_environment.account == OTHER
    assert by_environment.endpoints == ("ws://127.0.0.1:6006", "wss://two.example")
    by_hand = venue(
        with_live_options(live(), LiveOptions(account=ACCOUNT, endpoints=("wss://one.example",)), environment)
    )
    assert (by_hand.account, by_hand.endpoints) == (ACCOUNT, ("wss://one.example",))
    assert named_account(None, environment) == OTHER
    assert named_account(None, {}) is None


def test_the_tokens_issuer_is_named_by_hand_by_the_environment_or_by_the_profile() -> None:
    """A ledger of one's own has an issuer of its own, new each time; what is named is what the session is of."""
    environment = {"NEO_ISSUER": f" {OTHER}\n"}
    profile = replace_values(live(), "", {"venue.issuer": THIRD})
    assert venue(with_live_options(profile, LiveOptions(), {"NEO_ISSUER": ""})).issuer == THIRD
    by_environment = with_live_options(profile, LiveOptions(), environment)
    assert venue(by_environment).issuer == OTHER
    assert venue(with_live_options(profile, LiveOptions(issuer=ACCOUNT), environment)).issuer == ACCOUNT
    assert live_settings(by_environment).pair.issuer == OTHER
    assert json.loads(config_json(by_environment))["venue"]["issuer"] == OTHER
    assert config_sha256(by_environment) != config_sha256(profile)


def test_an_issuer_that_is_none_is_told_with_where_it_came_from() -> None:
    """As an account is; a seed is not repeated."""
    wrong = ACCOUNT.replace("4b", "4c")
    told = "is no account's address (its checksum does not hold); write an account's address (r...)"
    assert refused(live(), issuer=wrong).startswith(f'--issuer "{wrong}": {told}')
    assert refused(live(), NEO_ISSUER=wrong).startswith(f'NEO_ISSUER "{wrong}": {told}')
    assert SEED not in refused(live(), NEO_ISSUER=SEED)
    paper = read_profile(find_profile("paper"))
    assert refused(paper, issuer=ACCOUNT).startswith('--issuer: a venue of kind "sim" has none')


def test_an_address_that_is_none_is_told_with_where_it_came_from() -> None:
    """Its checksum does not hold: nobody's account, or another one's."""
    wrong = ACCOUNT.replace("4b", "4c")
    told = "is no account's address (its checksum does not hold); write an account's address (r...)"
    assert refused(live(), wrong).startswith(f'--account "{wrong}": {told}')
    assert refused(live(), None, NEO_ACCOUNT=wrong).startswith(f'NEO_ACCOUNT "{wrong}": {told}')
    assert refused(live(), "") == "--account: is empty; write an account's address (r...)."


def test_a_seed_where_an_address_belongs_is_refused_and_not_repeated() -> None:
    """It is in the shell's history by then, which has to be said."""
    message = refused(live(), SEED)
    assert "clear it from the shell's history" in message
    assert SEED not in message


def test_an_endpoint_that_is_none_is_refused_without_what_it_may_hold() -> None:
    """A password in it stays where it was typed."""
    message = refused(live(), None, "https://me:word@one.example")
    assert message.startswith("--endpoint: has what is no address of a ledger server; write a list of 1 to 5")
    assert "word@" not in message


def test_the_simulation_takes_neither_but_the_environment_is_no_mistake_there() -> None:
    """An option that could do nothing is refused; what a shell always has set is not."""
    paper = read_profile(find_profile("paper"))
    assert refused(paper, ACCOUNT).startswith('--account: a venue of kind "sim" has none')
    assert refused(paper, None, "wss://one.example").startswith('--endpoint: a venue of kind "sim" has none')
    assert with_live_options(paper, LiveOptions(), {"NEO_ACCOUNT": SEED}) == paper


def intent(config: Config, *, is_live: bool, account: str | None) -> str:
    """The message of the refusal."""
    with pytest.raises(click.UsageError) as caught:
        require_intent(config, "live-stage1", is_live=is_live, account=account)
    return caught.value.message


def test_real_money_needs_the_word_and_the_account() -> None:
    """Each refusal has the whole command that would do."""
    whole = "`neo run --config live-stage1 --live --account r...`."
    assert intent(live(), is_live=False, account=None) == (
        f"'live-stage1' trades real money on a real ledger. If that is meant: {whole}"
    )
    assert intent(live(), is_live=True, account=None) == (
        f"--live needs the address of the account that trades, typed or in NEO_ACCOUNT: {whole}"
    )
    named = with_live_options(live(), LiveOptions(account=ACCOUNT), {})
    require_intent(named, "live-stage1", is_live=True, account=ACCOUNT)
    assert f"--account {ACCOUNT}`" in intent(named, is_live=False, account=ACCOUNT)


def test_a_simulation_is_not_taken_for_the_real_market() -> None:
    """Who says --live of it is told."""
    paper = read_profile(find_profile("paper"))
    require_intent(paper, "paper", is_live=False, account=None)
    with pytest.raises(click.UsageError, match="--live: the venue of 'paper' is of kind \"sim\", where"):
        require_intent(paper, "paper", is_live=True, account=None)
