"""The database itself keeps what was said: no UPDATE, DELETE or TRUNCATE, whoever asks.

Two settings open a door, each for one purpose: `crossings.redacting` lets ledger.redact() change the free-text columns
named per table and nothing else; `crossings.may_empty` lets a test session empty its own database.
"""

from django.db import migrations

FREE_TEXT = {
    "report": ["note", "attribution", "url", "by_name", "lanes"],
    "reading": ["note", "attribution", "url"],
    "change": ["body"],
    "retraction": ["reason"],
    "confirmation": [],
    "redaction": [],
}

FUNCTION = """
CREATE FUNCTION crossings_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP IN ('TRUNCATE', 'DELETE') AND current_setting('crossings.may_empty', true) = 'on' THEN
        RETURN CASE TG_OP WHEN 'DELETE' THEN OLD END;
    END IF;
    IF TG_OP = 'UPDATE' AND current_setting('crossings.redacting', true) = 'on' THEN
        IF to_jsonb(OLD) - TG_ARGV = to_jsonb(NEW) - TG_ARGV THEN
            RETURN NEW;
        END IF;
        RAISE EXCEPTION 'a redaction of % may change its free text only', TG_TABLE_NAME;
    END IF;
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP;
END $$;
"""


def guard(table: str, columns: list[str]) -> str:
    arguments = ", ".join(f"'{column}'" for column in columns)
    return f"""
    CREATE TRIGGER {table}_rows BEFORE UPDATE OR DELETE ON crossings_{table}
        FOR EACH ROW EXECUTE FUNCTION crossings_append_only({arguments});
    CREATE TRIGGER {table}_table BEFORE TRUNCATE ON crossings_{table}
        FOR EACH STATEMENT EXECUTE FUNCTION crossings_append_only();
    """


class Migration(migrations.Migration):
    dependencies = [("crossings", "0001_initial")]

    operations = [
        migrations.RunSQL(FUNCTION, "DROP FUNCTION crossings_append_only CASCADE"),
        *[
            migrations.RunSQL(
                guard(table, columns),
                f"DROP TRIGGER {table}_rows ON crossings_{table}; DROP TRIGGER {table}_table ON crossings_{table}",
            )
            for table, columns in FREE_TEXT.items()
        ],
    ]
