"""Form fields for what the models keep as JSON lists and as lengths of time: one entry a line, a number of a unit."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crossings.domain.fields import clean
from crossings.phrases.countries import NAMES


class LinesField(forms.CharField):
    """A list of texts, one a line; empty lines and repetitions are left out."""

    def __init__(self, *, longest: int = 120, rows: int = 3, **options: Any) -> None:
        self.longest = longest
        super().__init__(required=False, widget=forms.Textarea(attrs={"rows": rows, "cols": 40}), **options)

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(str(each) for each in value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        lines = [clean(each) for each in (super().to_python(value) or "").splitlines()]
        found = list(dict.fromkeys(each for each in lines if each))
        for each in found:
            if len(each) > self.longest:
                words = gettext("“%(line)s” is too long: at most %(n)s characters a line.")
                raise ValidationError(words % {"line": each[:30], "n": self.longest})
        return found

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return (initial or []) != self.to_python(data)
        except ValidationError:
            return True


class NamesField(LinesField):
    """Names by language: `ps: تورخم`, one a line."""

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(f"{key}: {name}" for key, name in value.items()) if isinstance(value, dict) else value

    def to_python(self, value: Any) -> Any:
        found: dict[str, str] = {}
        for each in super().to_python(value):
            language, colon, name = (part.strip() for part in each.partition(":"))
            if not (colon and name and language.replace("-", "").isascii() and language.replace("-", "").isalpha()):
                words = gettext("“%(line)s”: a line names the language and the name, such as ps: تورخم.")
                raise ValidationError(words % {"line": each})
            if language in found:
                raise ValidationError(gettext("%(language)s stands here twice.") % {"language": language})
            found[language] = name
        return found

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return (initial or {}) != self.to_python(data)
        except ValidationError:
            return True


class LengthField(forms.DecimalField):
    """A length of time as a number of its unit."""

    def __init__(self, unit: timedelta, *, least: timedelta, **options: Any) -> None:
        self.unit, self.least = unit, least
        super().__init__(max_digits=9, decimal_places=2, **options)

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, timedelta):
            return value
        number = round(Decimal(value / self.unit), 2)
        return int(number) if number == int(number) else number.normalize()

    def clean(self, value: Any) -> Any:
        number = super().clean(value)
        if number is None:
            return None
        length = timedelta(seconds=round(float(number) * self.unit.total_seconds()))
        if length < self.least:
            least = Decimal(self.least / self.unit).normalize()
            raise ValidationError(gettext("At least %(n)s is expected.") % {"n": f"{least:f}"})
        return length

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(initial != self.clean(data))
        except ValidationError:
            return True


MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


class CountryField(forms.CharField):
    """An ISO 3166-1 alpha-2 code, in capitals."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("help_text", _("Two letters, such as PK."))
        super().__init__(max_length=2, **options)

    def to_python(self, value: Any) -> str:
        code = (super().to_python(value) or "").strip().upper()
        if code and not (len(code) == 2 and code.isascii() and code.isalpha()):
            raise ValidationError(gettext("A country’s two letters are expected, such as PK."))
        if code and code not in NAMES:
            raise ValidationError(gettext("No country has the letters %(code)s: look again.") % {"code": code})
        return code


class CountriesField(LinesField):
    """A list of ISO 3166-1 alpha-2 codes, one a line, in capitals."""

    def to_python(self, value: Any) -> Any:
        one = CountryField(required=False)
        return list(dict.fromkeys(one.to_python(each) for each in super().to_python(value)))
