"""The base of every view: query parameters are checked before the method runs, and bodies must be JSON."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.views import APIView

from api.serializers import StrictSerializer, parsed_query


class View(APIView):
    """A view names its query parameters in `query_serializer`; `self.query` then holds them checked.

    One that names none refuses every parameter.
    """

    query_serializer: type[StrictSerializer] | None = None
    query: dict[str, Any]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        serializer = self.query_serializer if request.method in ("GET", "HEAD") else None
        self.query = parsed_query(request, serializer)
