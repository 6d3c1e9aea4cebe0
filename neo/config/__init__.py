"""Configuration: from the tables of a TOML profile to frozen structs, with every problem of a file told at once.

The file itself is read on the upper floors; here a mapping comes in and a :class:`Config` or a
:class:`ConfigError` comes out. No key has a default in code: what a profile doesn't say, the engine doesn't guess.
"""

from neo.config.fingerprint import config_sha256
from neo.config.parse import config_json, dotted_values, parse_config, replace_values
from neo.config.problems import ConfigError, Problem
from neo.config.schema import (
    AvellanedaStoikovConfig,
    Config,
    EngineConfig,
    LogConfig,
    OrderSizeConfig,
    RiskConfig,
    SessionConfig,
    StrategyConfig,
    SupervisionConfig,
    VenueConfig,
)

__all__ = [
    "AvellanedaStoikovConfig",
    "Config",
    "ConfigError",
    "EngineConfig",
    "LogConfig",
    "OrderSizeConfig",
    "Problem",
    "RiskConfig",
    "SessionConfig",
    "StrategyConfig",
    "SupervisionConfig",
    "VenueConfig",
    "config_json",
    "config_sha256",
    "dotted_values",
    "parse_config",
    "replace_values",
]
