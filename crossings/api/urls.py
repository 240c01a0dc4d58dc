from django.urls import path

from crossings.api import batch, drafts, dumps, endpoints, passage, schema, views, writes

urlpatterns = [
    path("crossings/", views.Crossings.as_view(), name="api-crossings"),
    path("crossings.geojson", views.CrossingsMap.as_view(), name="api-map"),
    path("crossings.csv", views.CrossingsTable.as_view(), name="api-table"),
    path("crossings/<slug:slug>/", views.Crossing.as_view(), name="api-crossing"),
    path("crossings/<slug:slug>/history/", views.History.as_view(), name="api-history"),
    path("crossings/<slug:slug>/reports/", views.CrossingReports.as_view(), name="api-crossing-reports"),
    path("crossings/<slug:slug>/readings/", views.CrossingReadings.as_view(), name="api-crossing-readings"),
    path("crossings/<slug:slug>/passage/", passage.Passages.as_view(), name="api-passage"),
    path("changes/", views.Changes.as_view(), name="api-changes"),
    path("summary.json", views.Summary.as_view(), name="api-summary"),
    path("dump.ndjson.gz", dumps.Data.as_view(), name="api-dump"),
    path("dump.sha256", dumps.Checksum.as_view(), name="api-dump-checksum"),
    path("reports/", writes.Reports.as_view(), name="api-reports"),
    path("reports/<int:number>/", views.Report.as_view(), name="api-report"),
    path("reports/<path:id>/retraction/", writes.Retraction.as_view(), name="api-retraction"),
    path("readings/", writes.Readings.as_view(), name="api-readings"),
    path("drafts/<int:number>/", drafts.OwnDraft.as_view(), name="api-draft"),
    path("batch/", batch.Batch.as_view(), name="api-batch"),
    path("webhooks/", endpoints.Webhooks.as_view(), name="api-webhooks"),
    path("webhooks/<int:number>/", endpoints.Webhook.as_view(), name="api-webhook"),
    path("webhooks/<int:number>/rotation/", endpoints.Rotation.as_view(), name="api-webhook-rotation"),
    path("webhooks/<int:number>/challenge/", endpoints.Challenge.as_view(), name="api-webhook-challenge"),
    path("webhooks/<int:number>/resumption/", endpoints.Resumption.as_view(), name="api-webhook-resumption"),
    path("webhooks/<int:number>/deliveries/", endpoints.Deliveries.as_view(), name="api-deliveries"),
    path(
        "webhooks/<int:number>/deliveries/<int:position>/redelivery/",
        endpoints.Redelivery.as_view(),
        name="api-redelivery",
    ),
    path("schema/", schema.Schema.as_view(), name="api-schema"),
]
