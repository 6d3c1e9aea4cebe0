"""The audit of settings: every key of this tree is wired, and each gap it is for is found in a sample that has it.

Method: a small tree in the real one's form (schema, a struct that hands on, a gate that reads) is whole; one thing in
it is broken at a time, and the audit must say which.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping

import pytest
import tomli
from click.testing import CliRunner, Result

from tools.commands import config as commands
from tools.commands.config import config, own_profiles, own_sources
from tools.proofs.audit import Audit, Profile, audit, profile_lines

SCHEMA = """
from typing import Annotated
class RiskConfig:
    max_order_rlusd: Annotated[int, Bounds(gt=0)]
    gateway_restarts_max: int
    def policy_for(self, actor: str) -> int:
        return getattr(self, f"{actor}_restarts_max")
class Config:
    risk: RiskConfig
"""
KINDS = """class Moon:
    kind: Literal["moon"]
    phase: int
class Sun:
    kind: Literal["sun"]
    spots: int
VenueConfig = Moon | Sun
"""
OWN_SECTION = """from neo.moon.part import Part
class Moon:
    phase: int
    @property
    def part(self) -> Part:
        return Part(most=self.phase)
"""
LIMITS = """
from neo.config import Config
class RiskLimits:
    max_order: int
def risk_limits(config: Config) -> RiskLimits:
    risk = config.risk
    return RiskLimits(max_order=int(risk.max_order_rlusd))
"""
GATES = """
from neo.risk.limits import RiskLimits
class Judge:
    def __init__(self, limits: RiskLimits) -> None:
        self._limits = limits
    def allows(self, size: int) -> bool:
        return size <= self._limits.max_order
"""
SESSION = """
from actors.session.plan import SessionPlan
class Session:
    def __init__(self, plan: SessionPlan) -> None:
        self._plan = plan
    def restarts(self, actor: str) -> int:
        return self._plan.config.risk.policy_for(actor)
"""
PLAN = """
from neo.config import Config
class SessionPlan:
    config: Config
"""
WHOLE = {
    "neo/config/__init__.py": "from neo.config.schema import Config, RiskConfig",
    "neo/config/schema.py": SCHEMA,
    "neo/risk/limits.py": LIMITS,
    "neo/risk/gates.py": GATES,
    "actors/session/plan.py": PLAN,
    "actors/session/session.py": SESSION,
}
PROFILE = "[risk]\n# RLUSD.\nmax_order_rlusd = 25\n# Times.\ngateway_restarts_max = 3\n"


@functools.cache
def this_tree() -> Audit:
    """The audit of the tree that these tests are of."""
    return audit(own_sources(), own_profiles())


def audited(changes: Mapping[str, str] | None = None, profile: str = PROFILE) -> Audit:
    """The audit of the sample with some of its files replaced or added."""
    return audit(WHOLE | dict(changes or {}), [profile_of(profile)])


def profile_of(text: str) -> Profile:
    """The sample's profile, read."""
    return Profile("paper.toml", tomli.loads(text), profile_lines(text))


def finding(changes: Mapping[str, str] | None = None, profile: str = PROFILE) -> str:
    """The one finding of a broken sample."""
    [found] = audited(changes, profile).findings
    return found


# --- This tree ---------------------------------------------------------------------------------------------------


def test_every_key_of_this_tree_is_wired() -> None:
    """No key of any shipped profile is without effect."""
    found = this_tree()
    assert found.findings == ()
    assert len(found.keys) > 80


def test_keys_are_followed_to_the_modules_that_act_on_them() -> None:
    """Through the structs that carry them under other names."""
    keys = {one.key: one for one in this_tree().keys}
    assert keys["risk.max_order_rlusd"].consumers == ("neo.risk.gates",)
    assert "neo.strategy.anchor" in keys["strategy.clob_switch_threshold_bps"].consumers
    assert keys["strategy.clob_switch_threshold_bps"].note.startswith("as AnchorSettings.clob_switch_threshold_bps")
    assert keys["engine.shutdown_deadline_seconds"].consumers == ("actors.session.ladder",)
    assert keys["supervision.risk_restarts_max"].consumers == ("neo.watch.supervision",)
    assert keys["venue.amm_fee_bps"].parsed.startswith("neo/sim/venue_config.py:")
    assert keys["venue.amm_fee_bps"].consumers == ("neo.sim.genesis",)
    ours = {key: one for key, one in keys.items() if not key.startswith(("venue.", "gateway."))}
    assert all(line for one in ours.values() for line in one.lines.values())
    assert keys["gateway.unknown_offers"].lines["live-stage1.toml"]
    assert keys["gateway.unknown_offers"].lines["paper.toml"] is None


# --- A sample ----------------------------------------------------------------------------------------------------


def test_a_tree_that_is_whole_has_no_finding() -> None:
    """And of each key it is told where it is written, parsed and used."""
    found = audited()
    assert found.findings == ()
    order, restarts = found.keys
    assert order.key == "risk.max_order_rlusd"
    assert order.lines == {"paper.toml": 3}
    assert order.parsed == "neo/config/schema.py:4"
    assert order.consumers == ("neo.risk.gates",)
    assert order.note == "as RiskLimits.max_order"
    assert restarts.consumers == ("actors.session.session",)


def test_a_key_that_is_handed_on_in_a_field_that_is_inherited_is_followed() -> None:
    """Whoever reads it knows the struct by the class that has the field."""
    limits = LIMITS.replace("class RiskLimits:", "class Least:").replace(
        "def risk_limits", "class RiskLimits(Least):\n    other: int\ndef risk_limits"
    )
    gates = GATES.replace("import RiskLimits", "import Least").replace("limits: RiskLimits", "limits: Least")
    order, _ = audited({"neo/risk/limits.py": limits, "neo/risk/gates.py": gates}).keys
    assert order.consumers == ("neo.risk.gates",)


def test_a_key_that_nothing_consumes_is_found() -> None:
    """With the two ways to mend it."""
    schema = SCHEMA.replace("    gateway_restarts", "    max_inventory: int\n    gateway_restarts")
    assert finding({"neo/config/schema.py": schema}, f"{PROFILE}max_inventory = 4\n") == (
        "risk.max_inventory: nothing consumes it; wire it, or delete it from schema and profiles"
    )


def test_a_key_that_is_copied_into_a_struct_that_nobody_reads_is_found() -> None:
    """A copy is no use of it."""
    assert finding({"neo/risk/gates.py": ""}).startswith(
        "risk.max_order_rlusd: nothing consumes it (as RiskLimits.max_order); wire it"
    )


def test_a_key_that_is_only_checked_or_only_read_by_its_own_section_is_not_consumed() -> None:
    """A rule among settings changes nothing that a session does."""
    rules = (
        "from neo.config import Config\ndef rule(config: Config) -> bool:\n    return config.risk.max_order_rlusd > 1"
    )
    changes = {"neo/config/rules.py": rules, "neo/risk/limits.py": "", "neo/risk/gates.py": ""}
    assert finding(changes).startswith("risk.max_order_rlusd: nothing consumes it")
    assert finding({"actors/session/session.py": ""}).startswith("risk.gateway_restarts_max: nothing consumes it")


def test_a_key_is_followed_through_the_one_file_that_maps_keys_and_not_consumed_by_it() -> None:
    """What the mapping file does itself with a key is no use of it."""
    fields = "class RiskLimits:\n    max_order: int\n"
    struct = {"neo/risk/limits.py": fields}
    mapped = f"from neo.risk.limits import RiskLimits\n{LIMITS.replace(fields, '')}"
    found = audited({"neo/config/key_wiring.py": mapped, **struct})
    assert found.findings == ()
    assert found.keys[0].consumers == ("neo.risk.gates",)
    on_the_spot = mapped.replace(
        "return RiskLimits(max_order=int(risk.max_order_rlusd))", "print(risk.max_order_rlusd)"
    )
    assert finding({"neo/config/key_wiring.py": on_the_spot, **struct}).startswith(
        "risk.max_order_rlusd: nothing consumes it"
    )


def test_of_a_section_with_kinds_every_kinds_keys_are_audited_and_a_profile_needs_its_own_alone() -> None:
    """A venue's keys are asked of the profiles that choose it."""
    schema = SCHEMA.replace("class Config:", KINDS + "class Config:\n    venue: VenueConfig")
    reader = {
        "actors/venue.py": "from neo.config.schema import Moon, Sun\ndef f(moon: Moon, sun: Sun) -> int:\n"
        "    return (moon.kind, moon.phase, sun.kind, sun.spots)\n"
    }
    changes = {"neo/config/schema.py": schema, **reader}
    moon = f'{PROFILE}[venue]\n# Which.\nkind = "moon"\n'
    assert audited(changes, f"{moon}# Of a month.\nphase = 3\n").findings == ()
    assert finding(changes, moon) == "paper.toml: venue.phase is not in the file; write it, with a comment"
    blind = changes | {"actors/venue.py": reader["actors/venue.py"].replace(", sun.spots", "")}
    assert finding(blind, f"{moon}# Of a month.\nphase = 3\n").startswith("venue.spots: nothing consumes it")


def test_what_is_read_through_the_union_of_a_sections_kinds_counts_for_each_that_has_it() -> None:
    """So a second kind is no finding where a profile's kind is asked for, nor where its own keys are."""
    schema = SCHEMA.replace("class Config:", KINDS + "class Config:\n    venue: VenueConfig")
    reader = (
        "from neo.config import Config\ndef f(config: Config) -> object:\n"
        "    return (config.venue.kind, config.venue.phase, config.venue.spots)\n"
    )
    changes = {"neo/config/schema.py": schema, "actors/venue.py": reader}
    moon = f'{PROFILE}[venue]\n# Which.\nkind = "moon"\n# Of a month.\nphase = 3\n'
    assert audited(changes, moon).findings == ()
    stranger = changes | {"actors/venue.py": reader.replace("spots)", "spots, config.venue.spost)")}
    assert finding(stranger, moon) == "actors/venue.py:3: reads venue.spost, which is no key of the schema"


def test_a_section_that_makes_a_struct_of_its_keys_is_followed_into_it_key_by_key() -> None:
    """Not to whoever takes the struct: then no key of it could ever be found unused."""
    reader = (
        "from neo.config import Config\ndef f(config: Config) -> object:\n    part = config.venue.part\n    return {}"
    )
    changes = {
        "neo/moon/part.py": "class Part:\n    most: int\n",
        "neo/moon/section.py": OWN_SECTION,
        "neo/config/schema.py": "from neo.moon.section import Moon\n"
        + SCHEMA.replace("class Config:", "class Config:\n    venue: Moon"),
    }
    profile = f"{PROFILE}[venue]\n# Of a month.\nphase = 3\n"
    assert audited({**changes, "actors/new.py": reader.format("part.most")}, profile).findings == ()
    assert finding({**changes, "actors/new.py": reader.format("part")}, profile).startswith(
        "venue.phase: nothing consumes it (as Part.most)"
    )


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("from neo.config import RiskConfig\ndef f(risk: RiskConfig) -> int:\n    return risk.max_order_rlsud",
         "actors/new.py:3: reads risk.max_order_rlsud, which is no key of the schema"),
        ("from neo.config import Config\ndef f(config: Config) -> int:\n    return config.riks",
         "actors/new.py:3: reads riks, which is no key of the schema"),
        ('KEY = "risk.max_order_usd"', "actors/new.py:1: names risk.max_order_usd, which is no key of the schema"),
        ('def f():\n    "Beyond `risk.max_order_usd`: the end."',
         "actors/new.py:2: names risk.max_order_usd, which is no key of the schema"),
    ],
)  # fmt: skip
def test_a_consumer_of_a_key_that_is_not_there_is_found(source: str, told: str) -> None:
    """In code, in a text, and in a docstring."""
    assert finding({"actors/new.py": source}) == told


@pytest.mark.parametrize(
    "changes",
    [
        {"neo/config/schema.py": SCHEMA.replace("Bounds(gt=0)]", "Bounds(gt=0)] = 10")},
        {"neo/risk/limits.py": LIMITS.replace("max_order: int", "max_order: int = 10")},
        {"neo/risk/limits.py": LIMITS.replace("int(risk.max_order_rlusd)", "risk.max_order_rlusd or 10")},
        {"neo/risk/limits.py": LIMITS.replace(
            "int(risk.max_order_rlusd)", "risk.max_order_rlusd if risk.max_order_rlusd else 10")},
        {"neo/risk/limits.py": LIMITS.replace("risk.max_order_rlusd", 'getattr(risk, "max_order_rlusd", 10)')},
        {"neo/risk/gates.py": GATES.replace("self._limits.max_order", "(self._limits.max_order or 10)")},
        {"actors/new.py": 'def f(table: dict[str, int]) -> int:\n    return table.get("max_order_rlusd", 10)'},
        {"actors/new.py": "from neo.config import Config\ndef g(order: int = 10) -> int:\n    return order\n"
                          "def f(config: Config) -> int:\n    return g(config.risk.max_order_rlusd)"},
    ],
    ids=["schema", "struct", "or", "if", "getattr", "or where it is handed on", "get", "parameter"],
)  # fmt: skip
def test_a_fallback_that_could_mask_a_missing_value_is_found(changes: dict[str, str]) -> None:
    """In schema, struct, mapping, reader or signature: a default there is a second place that decides."""
    told = finding(changes)
    assert told.endswith(" could stand in for risk.max_order_rlusd; let the profile alone say it")
    assert told.startswith((*changes,))


def test_a_choice_that_does_not_ask_the_key_is_no_fallback() -> None:
    """A condition of its own may stand beside a key."""
    limits = LIMITS.replace("int(risk.max_order_rlusd)", "9 if strict else risk.max_order_rlusd")
    assert audited({"neo/risk/limits.py": limits}).findings == ()
    gates = GATES.replace("self._limits.max_order", "self._limits.max_order or size == 0")
    assert audited({"neo/risk/gates.py": gates}).findings == ()


def test_a_file_without_a_key_or_with_a_strange_one_is_found() -> None:
    """Profiles are complete, and hold nothing that NEO does not know."""
    assert finding(profile=PROFILE.replace("max_order_rlusd = 25", "")) == (
        "paper.toml: risk.max_order_rlusd is not in the file; write it, with a comment"
    )
    assert (
        finding(profile=f"{PROFILE}colour = 1\n") == "paper.toml: risk.colour is in the file, and no key of the schema"
    )


# --- The command -------------------------------------------------------------------------------------------------


def asked(monkeypatch: pytest.MonkeyPatch, sources: Mapping[str, str], *options: str) -> Result:
    """``neo config audit`` where the sample is the tree. On the tree as it is, ``.ci/run`` runs it."""
    monkeypatch.setattr(commands, "own_sources", lambda: dict(sources))
    monkeypatch.setattr(commands, "own_profiles", lambda: [profile_of(PROFILE)])
    return CliRunner().invoke(config, ["audit", *options], standalone_mode=False)


def test_the_command_shows_every_key_and_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each with what acts on it, and how many there are."""
    done = asked(monkeypatch, WHOLE)
    assert done.return_value == 0
    assert "risk.max_order_rlusd" in done.output
    assert done.output.endswith(" 0 findings.\n")


def test_the_command_fails_on_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    """With its own exit code, in JSON too."""
    done = asked(monkeypatch, WHOLE | {"neo/risk/gates.py": GATES.replace("max_order", "min_order")}, "--json")
    assert done.return_value == commands.EXIT_NOT_WIRED
    assert any("risk.max_order_rlusd: nothing consumes it" in told for told in json.loads(done.output)["findings"])
