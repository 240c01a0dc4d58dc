"""Whoever waits for news is told by the database itself, at the commit that moves the version of everything public."""

from django.db import migrations

TELLS = """
CREATE FUNCTION crossings_feed_tells() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('crossings_feed', '');
    RETURN NULL;
END $$;
CREATE TRIGGER feed_tells AFTER INSERT OR UPDATE ON crossings_feed
    FOR EACH ROW EXECUTE FUNCTION crossings_feed_tells();
"""


class Migration(migrations.Migration):
    dependencies = [("crossings", "0007_being_told")]

    operations = [migrations.RunSQL(TELLS, "DROP FUNCTION crossings_feed_tells CASCADE")]
