"""What a session's journal tells about its quotes, fills and the market: statistics for people, so floats are fine."""

from neo.analysis.course import Course, LedgerRow
from neo.analysis.figures import Value, flat_figures
from neo.analysis.flow import CAUSES, REMOVED_AS, Cause, Flow, FlowPart
from neo.analysis.markouts import HORIZONS_LEDGERS, MarkOut
from neo.analysis.results import Results, course_of, results_of
from neo.analysis.touch import BUCKETS, QuoteTime, SideTouch
from neo.analysis.twin_error import TwinError, TwinKind, TwinRow
from neo.analysis.venue_use import QuoteSpeed, RequestUse

__all__ = [
    "BUCKETS",
    "CAUSES",
    "HORIZONS_LEDGERS",
    "REMOVED_AS",
    "Cause",
    "Course",
    "Flow",
    "FlowPart",
    "LedgerRow",
    "MarkOut",
    "QuoteSpeed",
    "QuoteTime",
    "RequestUse",
    "Results",
    "SideTouch",
    "TwinError",
    "TwinKind",
    "TwinRow",
    "Value",
    "course_of",
    "flat_figures",
    "results_of",
]
