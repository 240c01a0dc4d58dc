import logging
import re
import time

SECRETS = re.compile(r"(://[^\s:/@]*:|\bBearer )[^\s@'\"]+", re.IGNORECASE)


class OneLine(logging.Formatter):
    """One line per event, tracebacks too, in UTC; passwords in addresses and API keys blotted out."""

    converter = staticmethod(time.gmtime)

    def __init__(self) -> None:
        super().__init__("%(asctime)s.%(msecs)03dZ %(levelname)s %(name)s %(message)s", "%Y-%m-%dT%H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record).replace("\r", "\\r").replace("\n", "\\n")
        return SECRETS.sub(r"\1***", line)
