"""The one HTTP door to the outside: bounded in time and size, and only to addresses that are the public's.

https on the ports 443 and 8443 alone. A name is resolved once, every address it has must be public, and the connection
is made to the very address that was checked. The networks in settings.ALLOWED_ADDRESSES are excepted, for tests and
development: they may be private, and may be spoken to by plain http on any port.
"""

from crossings.outbound.addresses import OutboundError, is_public, read_headers, read_url
from crossings.outbound.fetch import NotModified, Reply, get
from crossings.outbound.post import Posted, post

__all__ = [
    "NotModified",
    "OutboundError",
    "Posted",
    "Reply",
    "get",
    "is_public",
    "post",
    "read_headers",
    "read_url",
]
