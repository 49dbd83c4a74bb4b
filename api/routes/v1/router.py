"""Every route of the API, under one prefix and one limit."""

from fastapi import APIRouter, Depends

from api.limits import limited
from api.routes.v1 import conversations, create, meetings, people, scores

router = APIRouter(prefix="/api/v1", dependencies=[Depends(limited)])
for part in (meetings, create, conversations, people, scores):
    router.include_router(part.router)
