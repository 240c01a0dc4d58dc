"""The four roles of the desk, as groups: each may what the one before may, and more. And an audit trail that stays."""

from typing import Any

from django.apps.registry import Apps
from django.contrib.auth.management import create_permissions
from django.db import migrations

RECORDER = {
    "crossings.view_crossing", "crossings.view_report", "crossings.add_report", "crossings.view_reading",
    "crossings.view_period", "crossings.view_change", "crossings.view_draft", "crossings.view_paste",
    "crossings.add_paste", "crossings.view_bulletin", "crossings.view_proposal",
}  # fmt: skip
REVIEWER = RECORDER | {
    "crossings.change_draft", "crossings.retract_report", "crossings.decide_proposal", "crossings.add_bulletin",
    "crossings.view_alarm", "crossings.change_alarm", "crossings.view_source", "crossings.view_poll",
}  # fmt: skip
EDITOR = REVIEWER | {
    "crossings.add_crossing", "crossings.change_crossing", "crossings.add_source", "crossings.change_source",
    "crossings.redact_report", "crossings.import_report", "crossings.export_report", "crossings.view_rawbatch",
}  # fmt: skip
ADMINISTRATOR = EDITOR | {
    "auth.view_user", "auth.change_user", "crossings.view_invitation", "crossings.add_invitation",
    "crossings.change_invitation", "crossings.view_duty", "crossings.add_duty", "crossings.change_duty", "crossings.view_apikey",
    "crossings.add_apikey", "crossings.change_apikey", "crossings.view_endpoint", "crossings.change_endpoint",
    "admin.view_logentry",
}  # fmt: skip
ROLES = {"recorder": RECORDER, "reviewer": REVIEWER, "editor": EDITOR, "administrator": ADMINISTRATOR}

TRAIL = """
CREATE TRIGGER audit_rows BEFORE UPDATE OR DELETE ON django_admin_log
    FOR EACH ROW EXECUTE FUNCTION crossings_append_only('object_repr', 'change_message');
CREATE TRIGGER audit_table BEFORE TRUNCATE ON django_admin_log
    FOR EACH STATEMENT EXECUTE FUNCTION crossings_append_only();
"""
NO_TRAIL = """
DROP TRIGGER audit_rows ON django_admin_log;
DROP TRIGGER audit_table ON django_admin_log;
"""


def make_roles(apps: Apps, editor: object) -> None:
    for label in ("crossings", "auth", "admin"):
        config: Any = apps.get_app_config(label)
        # Permissions are otherwise made only once all migrations have run.
        config.models_module = True
        create_permissions(config, apps=apps, verbosity=0)
    permission = apps.get_model("auth", "Permission")
    for name, wanted in ROLES.items():
        found = [
            permission.objects.get(codename=code, content_type__app_label=label)
            for label, code in (each.split(".") for each in sorted(wanted))
        ]
        apps.get_model("auth", "Group").objects.get_or_create(name=name)[0].permissions.set(found)


def keep_roles(apps: Apps, editor: object) -> None:
    """People are in them."""


class Migration(migrations.Migration):
    dependencies = [
        ("crossings", "0009_the_desk"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("admin", "0003_logentry_add_action_flag_choices"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(make_roles, keep_roles), migrations.RunSQL(TRAIL, NO_TRAIL)]
