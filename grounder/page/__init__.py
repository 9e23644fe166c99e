"""Pages that open offline: one HTML file with its style, its drawings and its pictures inside; no script, no fetch."""

from grounder.page.funnel import Step, funnel
from grounder.page.markup import Markup, element, joined
from grounder.page.plots import Bar, Part, bars, curve, histogram, share_bar
from grounder.page.shell import Cell, figure, page, section, table
from grounder.page.thumbnails import strip
from grounder.page.timeline import Lane, timeline

__all__ = [
    "Bar",
    "Cell",
    "Lane",
    "Markup",
    "Part",
    "Step",
    "bars",
    "curve",
    "element",
    "figure",
    "funnel",
    "histogram",
    "joined",
    "page",
    "section",
    "share_bar",
    "strip",
    "table",
    "timeline",
]
