"""The formats we read, one short file each: bytes in, claims and readings out."""

from crossings.feeds import cbp, partner
from crossings.feeds.base import Batch, Context, FeedError, Format, Item, Kind, Place

FORMATS: dict[str, Format] = {each.name: each for each in (partner.FORMAT, cbp.FORMAT)}

__all__ = ["FORMATS", "Batch", "Context", "FeedError", "Format", "Item", "Kind", "Place"]
