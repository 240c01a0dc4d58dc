"""Columns whose text is encrypted at rest: a copy of the database alone gives no source's password away."""

import base64
import hashlib
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models


def _fernet() -> MultiFernet:
    """The key comes from SECRET_KEY, which is not in the database; the fallbacks still open what they sealed."""
    keys = [str(key).encode() for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]
    return MultiFernet(
        [Fernet(base64.urlsafe_b64encode(hashlib.sha256(b"secrets at rest" + key).digest())) for key in keys]
    )


class SecretField(models.TextField):
    """A text sealed on its way in and opened on its way out; "" where no key we have opens it."""

    def get_prep_value(self, value: Any) -> Any:
        return _fernet().encrypt(str(value).encode()).decode() if value else ""

    def from_db_value(self, value: Any, *_: Any) -> Any:
        try:
            return _fernet().decrypt(value.encode()).decode() if value else ""
        except InvalidToken:
            return ""
