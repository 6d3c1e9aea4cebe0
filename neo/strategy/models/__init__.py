"""The models that ``strategy.model`` can name. A new one is a file beside these and a line in :data:`MODELS`."""

from collections.abc import Callable

from neo.strategy.models.avellaneda_stoikov import AvellanedaStoikov
from neo.strategy.models.fixed_offset import FixedOffset
from neo.strategy.models.interface import Model, ModelSettings, Offsets, Situation

MODELS: dict[str, Callable[[ModelSettings], Model]] = {
    "fixed_offset": FixedOffset,
    "avellaneda_stoikov": AvellanedaStoikov,
}

__all__ = ["MODELS", "Model", "ModelSettings", "Offsets", "Situation"]
