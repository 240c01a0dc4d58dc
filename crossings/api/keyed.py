"""What every door that takes a key has in common: its method, its scope, its rate, and that a request sent twice under
one Idempotency-Key is worked once.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from rest_framework.exceptions import MethodNotAllowed
from rest_framework.request import Request
from rest_framework.views import APIView

from crossings.api.auth import KeyHolder
from crossings.api.once import once
from crossings.models import Source


class KeyedView(APIView):
    """For holders of keys, each for its own source. A subclass names its methods, and the scope it wants."""

    permission_classes = [KeyHolder]
    http_method_names: list[str] = []
    keeps_answers = True
    """Whether what a POST was answered is kept where its sender asks for it by an Idempotency-Key."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        # Which methods there are, everybody may know: said before the key is looked at.
        if str(request.method).lower() not in self.http_method_names:
            raise MethodNotAllowed(str(request.method))
        super().initial(request, *args, **kwargs)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """As the framework's, but that the answer may be one given before."""
        self.args, self.kwargs = args, kwargs
        self.request = self.initialize_request(request, *args, **kwargs)
        self.headers = self.default_response_headers
        try:
            self.initial(self.request, *args, **kwargs)
            if request.method == "POST" and self.keeps_answers:
                answer = once(self.request, self._answer)
            else:
                answer = self._answer()
        except Exception as error:
            answer = self.handle_exception(error)
        return self.finalize_response(self.request, answer, *args, **kwargs)  # type: ignore[arg-type]

    def _answer(self) -> HttpResponse:
        """Of the method asked for; of what goes wrong on the way, too."""
        try:
            method = getattr(self, str(self.request.method).lower())
            answer: HttpResponse = method(self.request, *self.args, **self.kwargs)
            return answer
        except Exception as error:
            return self.handle_exception(error)

    @property
    def source(self) -> Source:
        """Whose key it is."""
        source: Source = self.request.auth.source  # type: ignore[union-attr]
        return source
