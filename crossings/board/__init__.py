"""The reading side: ready JSON for pages and API, each answer in a fixed number of queries."""

from crossings.board.edition import Edition, edition, feed, version
from crossings.board.lists import changes, latest, named, readings, report, reports
from crossings.board.now import Box, Filters, Sheet, board, board_page, chosen, crossing, sheet
from crossings.board.others import Other, others
from crossings.board.paging import Page
from crossings.board.past import history
from crossings.board.short import crossing_word, lane_word
from crossings.board.wholes import geojson, summary, table

__all__ = [
    "Box",
    "Edition",
    "Filters",
    "Other",
    "Page",
    "Sheet",
    "board",
    "board_page",
    "changes",
    "chosen",
    "crossing",
    "crossing_word",
    "edition",
    "feed",
    "geojson",
    "history",
    "lane_word",
    "latest",
    "named",
    "others",
    "readings",
    "report",
    "reports",
    "sheet",
    "summary",
    "table",
    "version",
]
