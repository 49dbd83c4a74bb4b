"""Every route of the API, under one prefix and one limit."""

from fastapi import APIRouter, Depends

from api.limits import limited
from api.routes.v1 import (
    conversations,
    create,
    exports,
    meetings,
    people,
    rubrics,
    scores,
    webhooks,
)

router = APIRouter(prefix="/api/v1", dependencies=[Depends(limited)])
for part in (meetings, create, conversations, people, scores, exports, rubrics, webhooks):
    router.include_router(part.router)
