"""What may leave: each gate a pure function with its own refusal code; a refusal is a value with its numbers."""

from neo.risk.gates import GATES
from neo.risk.judge import judge
from neo.risk.limits import RiskLimits

__all__ = ["GATES", "RiskLimits", "judge"]
