"""The formats we read, one short file each: bytes in, claims and readings out."""

from crossings.feeds import cbp, cbsa, dpsu, echerha, partner, rss, sheet
from crossings.feeds.base import Batch, Context, Entry, FeedError, Format, Item, Kind, Place

FORMATS: dict[str, Format] = {
    each.name: each
    for each in (
        partner.FORMAT,
        cbp.FORMAT,
        dpsu.FORMAT,
        echerha.FORMAT,
        cbsa.FORMAT,
        sheet.FORMAT,
        rss.FORMAT,
    )
}

__all__ = ["FORMATS", "Batch", "Context", "Entry", "FeedError", "Format", "Item", "Kind", "Place"]
