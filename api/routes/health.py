"""Whether the service is up."""

from fastapi import APIRouter

from api.access import Served

router = APIRouter(include_in_schema=False)


@router.get("/healthz")
def health(service: Served) -> dict[str, str]:
    """The service answers, and so does its database."""
    service.people.has_admin()
    return {"status": "ok"}
