"""The translations: brings locale/ up to date with the texts, or says with --check what is missing."""

from __future__ import annotations

import contextlib
import io
import re
import tempfile
from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.test.utils import override_settings
from django.utils.translation import to_locale

from tracker.state import BASE_DIR

PLURALS = {"ps": "n != 1", "fa_AF": "n > 1", "ur": "n != 1"}
HEADER = """\
msgid ""
msgstr ""
"Language: {locale}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=2; plural=({plural});\\n"

"""
NO_DAY = datetime(2026, 1, 1, tzinfo=UTC)
"""Written into the compiled files, so that the same texts always compile to the same bytes."""
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]")
OURS = ["crossings", "templates"]
_ADMIN = ("alarm", "crossing", "endpoint", "fields", "glance", "history", "hours", "key", "poll", "raw_batch")
_PAGES = ("alarm", "apikey", "change", "crossing", "endpoint", "invitation", "period", "poll", "rawbatch")
IN_ENGLISH = {
    *(f"crossings/admin/{name}{ending}" for name in (*_ADMIN, "source", "source_acts") for ending in ("", ".py")),
    *(f"crossings/admin/people/{name}.py" for name in ("invitation", "person", "trail")),
    *(f"templates/admin/crossings/{name}" for name in (*_PAGES, "source", "key_add.html", "key_made.html")),
    *(f"templates/admin/crossings/people/{name}.html" for name in ("invite", "invited", "person")),
}
"""What only editors and administrators see."""
MOST_TOLD = 40


class Command(BaseCommand):
    help = "Bring the catalogues of locale/ up to date with the texts and compile them; --check only compares."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="change nothing; exit 1 where a translation is missing"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        template = extracted()
        faults = [
            fault
            for code in settings.PLANNED_LANGUAGES
            for fault in (_check if options["check"] else _update)(to_locale(code), template)
        ]
        for fault in faults[:MOST_TOLD]:
            self.stderr.write(fault)
        if faults and options["check"]:
            raise CommandError(f"{len(faults)} faults in the translations: run `manage.py catalogues`, then translate.")
        self.stdout.write(
            f"{len(template)} texts in {len(settings.PLANNED_LANGUAGES)} languages; {len(faults)} faults."
        )


def extracted() -> Catalog:
    """All texts of the code and the templates, by GNU gettext. Raises CommandError where that is not installed."""
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder), override_settings(LOCALE_PATHS=[folder]):
        for name in OURS:
            _link(name)
        call_command(
            "makemessages", locale=["en"], extensions=["html", "py", "txt"], symlinks=True, no_wrap=True, verbosity=0
        )
        return read_po(io.BytesIO(Path("en/LC_MESSAGES/django.po").read_bytes()))


def _link(name: str) -> None:
    """This file or folder of the tree, without what stays in English, under its own name here."""
    if name in IN_ENGLISH:
        return
    if not any(each.startswith(f"{name}/") for each in IN_ENGLISH):
        Path(name).symlink_to(BASE_DIR / name)
        return
    Path(name).mkdir()
    for each in (BASE_DIR / name).iterdir():
        _link(f"{name}/{each.name}")


def _update(locale: str, template: Catalog) -> list[str]:
    """A language is compiled, and so offered, only once it is complete."""
    path = _path(locale)
    path.parent.mkdir(parents=True, exist_ok=True)
    catalog = _read(locale)
    catalog.update(template, no_fuzzy_matching=True)
    for message in catalog:
        message.auto_comments.clear()
    out = io.BytesIO()
    write_po(out, catalog, width=0, omit_header=True, ignore_obsolete=True, sort_by_file=True, include_lineno=False)
    path.write_bytes(HEADER.format(locale=locale, plural=PLURALS[locale]).encode() + out.getvalue())
    faults = list(_faults(locale, _read(locale)))
    if not faults:
        path.with_suffix(".mo").write_bytes(_compiled(_read(locale)))
    return faults


def _check(locale: str, template: Catalog) -> list[str]:
    if not _path(locale).exists():
        return [f"{locale}: there is no catalogue."]
    catalog = _read(locale)
    known = {_key(message) for message in catalog}
    found = [
        f"{locale}: not in the catalogue: {_name(each)}" for each in template if each.id and _key(each) not in known
    ]
    compiled = _path(locale).with_suffix(".mo")
    if not compiled.exists() or compiled.read_bytes() != _compiled(catalog):
        found.append(f"{locale}: {compiled.name} is not what the catalogue compiles to.")
    return found + list(_faults(locale, catalog))


def _faults(locale: str, catalog: Catalog) -> Iterator[str]:
    for message in catalog:
        if not message.id:
            continue
        strings = message.string if isinstance(message.string, tuple) else (message.string,)
        if not all(strings):
            yield f"{locale}: not translated: {_name(message)}"
        elif message.fuzzy:
            yield f"{locale}: marked as doubtful: {_name(message)}"
        elif any(_placeholders(str(each)) != _placeholders(_last(message)) for each in strings):
            yield f"{locale}: other placeholders: {_name(message)}"


def _placeholders(text: str) -> list[str]:
    return sorted(PLACEHOLDER.findall(text))


def _last(message: Message) -> str:
    """The text itself, of a plural its second form."""
    return str(message.id[-1] if isinstance(message.id, tuple | list) else message.id)


def _key(message: Message) -> tuple[str, str | None]:
    return str(message.id[0] if isinstance(message.id, tuple | list) else message.id), message.context


def _name(message: Message) -> str:
    return _last(message)[:120].replace("\n", " ")


def _read(locale: str) -> Catalog:
    path = _path(locale)
    text = path.read_bytes() if path.exists() else HEADER.format(locale=locale, plural=PLURALS[locale]).encode()
    catalog = read_po(io.BytesIO(text))
    catalog.creation_date = catalog.revision_date = NO_DAY
    return catalog


def _path(locale: str) -> Path:
    return BASE_DIR / "locale" / locale / "LC_MESSAGES" / "django.po"


def _compiled(catalog: Catalog) -> bytes:
    out = io.BytesIO()
    write_mo(out, catalog)
    return out.getvalue()
