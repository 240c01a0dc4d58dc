from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", include("crossings.admin.urls")),
    path("admin/", admin.site.urls),
    path("api/v1/", include("crossings.api.urls")),
    path("api/docs/", include("crossings.api.docs")),
    # English has no prefix; the other languages live under /ps/, /fa-af/ and /ur/.
    *i18n_patterns(path("", include("crossings.web.urls")), prefix_default_language=False),
]

handler404 = "crossings.web.views.not_found"
handler500 = "crossings.web.views.failed"
