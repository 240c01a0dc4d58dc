"""Which network an address of the internet belongs to, so that one customer is counted as one."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address

ONE_HOUSE = 64
"""Bits of an IPv6 address that one customer has: what follows they choose as they like."""
LONGEST = 64


def house(address: str) -> str:
    """A name for the customer behind the address; what is no address stands for itself."""
    try:
        found = ip_address(address.strip())
    except ValueError:
        return address[:LONGEST]
    if isinstance(found, IPv6Address):
        return str(found.ipv4_mapped or int(found) >> (128 - ONE_HOUSE))
    return str(found)
