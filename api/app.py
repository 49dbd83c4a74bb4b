"""The web service as one FastAPI app."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Final

from anyio import to_thread
from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles

from api import errors
from api.conditional import ApiAnswers
from api.guard import Guard
from api.limits import Limiter
from api.metrics import Metrics
from api.openapi import describe
from api.openid import openid_of
from api.pages import VERSION
from api.routes import (
    audit,
    contests,
    deletion,
    events,
    health,
    home,
    managers,
    meetings,
    openid,
    people,
    signing,
    team,
    tokens,
    tus,
    upload,
    voice,
)
from api.routes.v1 import create
from api.routes.v1 import router as v1
from api.security import SecurityHeaders
from api.watch import Watch
from pipeline.readiness import Readiness
from pipeline.service import Service
from pipeline.settings import Settings

# One of them runs at a time, and the rest wait for it each time that the database answers:
# of Starlette's 40, fifty clients got half as many answers.
_THREADS: Final = 8
ROUTERS: Final = (
    audit.router,
    contests.router,
    deletion.router,
    events.router,
    health.router,
    home.router,
    managers.router,
    meetings.router,
    openid.router,
    people.router,
    signing.router,
    team.router,
    tokens.router,
    tus.router,
    upload.router,
    voice.router,
    v1.router,
)


def create_app(settings: Settings) -> FastAPI:
    """The app with its database open.

    Raises:
        DatabaseError: The database cannot be reached, or was made by a newer version.
        SecretError: The secret is no secret.
        OpenIdSetupError: The settings for sign-in by OpenID Connect do not fit together.
    """
    provider = openid_of(settings)
    service = Service.open(settings)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        to_thread.current_default_thread_limiter().total_tokens = _THREADS
        yield
        service.close()

    app = FastAPI(
        title="Coachscore",
        version=VERSION,
        openapi_url="/api/v1/openapi.json",
        # FastAPI's own pages of documentation load scripts from other hosts.
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    app.state.service = service
    app.state.leaving = lambda: False  # `api.serve` knows when the service is to stop.
    app.state.secure = (settings.public_url or "").startswith("https://")
    app.state.openid = provider
    app.state.limiter = Limiter(settings.api_requests_per_minute)
    app.state.metrics = Metrics(service.database)
    app.state.readiness = Readiness(service)
    app.openapi = partial(describe, app)  # type: ignore[method-assign]
    errors.install(app)
    for router in ROUTERS:
        app.include_router(router)
    app.mount("/static", StaticFiles(directory=Path(__file__).with_name("static")), name="static")
    # The last one added is the first to see a request.
    app.add_middleware(ApiAnswers)
    uploads = (upload.PATH, f"{tus.router.prefix}/", create.PATH)
    app.add_middleware(Guard, settings=settings, uploads=uploads)
    app.add_middleware(SecurityHeaders, secure=app.state.secure)
    app.add_middleware(Watch, metrics=app.state.metrics)
    return app
