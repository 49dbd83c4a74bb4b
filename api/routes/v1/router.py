"""Every route of the API, under one prefix and one limit."""

from fastapi import APIRouter, Depends

from api.limits import limited
from api.routes.v1 import (
    changes,
    conversations,
    create,
    exports,
    meetings,
    people,
    rubrics,
    scores,
    webhooks,
)
from api.strict import PREFIX, only_known

router = APIRouter(prefix=PREFIX, dependencies=[Depends(limited), Depends(only_known)])
for part in (meetings, create, conversations, changes, people, scores, exports, rubrics, webhooks):
    router.include_router(part.router)
