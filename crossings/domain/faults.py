"""What is wrong with an input, said so that its sender can mend it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """`pointer` is a JSON pointer (RFC 6901) into what was sent, `code` a stable word, `detail` plain English."""

    pointer: str
    code: str
    detail: str

    def as_json(self) -> dict[str, str]:
        return {"pointer": self.pointer, "code": self.code, "detail": self.detail}


class Refused(ValueError):
    """An input that cannot be taken, with every fault found in it."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = faults
        super().__init__("; ".join(f"{fault.pointer or '/'}: {fault.detail}" for fault in faults))

    @classmethod
    def one(cls, pointer: str, code: str, detail: str) -> Refused:
        return cls([Fault(pointer, code, detail)])
