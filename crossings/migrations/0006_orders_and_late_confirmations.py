from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("crossings", "0005_odd_times_and_repeats"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="confirmation",
            index=models.Index(fields=["crossing", "recorded_at"], name="confirmation_by_record"),
        ),
        migrations.AddIndex(
            model_name="report",
            index=models.Index(
                condition=models.Q(("basis", "ordered")), fields=["crossing", "effective_at"], name="report_ordered"
            ),
        ),
    ]
