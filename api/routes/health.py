"""For those who run the service: whether it lives, whether it can work, and its figures."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST

from api.access import administering
from api.errors import answer
from pipeline.people.policy import Viewer

router = APIRouter(include_in_schema=False)
Watcher = Annotated[Viewer, Depends(administering("read:metrics"))]


@router.get("/health")
async def health() -> dict[str, str]:
    """The process answers; what it needs is for `/ready` to say."""
    return {"status": "ok"}


@router.get("/ready")
def ready(request: Request) -> Response:
    """Whether everything is there that meetings need to be taken and analysed."""
    missing = request.app.state.readiness.lacking()
    if not missing:
        return Response('{"status":"ready"}', media_type="application/json")
    said = " ".join(f"{one.part.capitalize()}: {one.message}" for one in missing)
    parts = [one.model_dump() for one in missing]
    return answer(request, 503, "The service is not ready", said, missing=parts)


@router.get("/metrics")
def metrics(request: Request, viewer: Watcher) -> Response:
    """Figures in Prometheus' text format, for an admin or a token with `read:metrics`."""
    return Response(request.app.state.metrics.text(), media_type=CONTENT_TYPE_LATEST)
