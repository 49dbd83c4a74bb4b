"""What holds for every route of the API: errors, ETags, limits, the description."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api.app import create_app
from api.limits import Limiter
from pipeline.settings import Settings

Client = Callable[..., TestClient]
MEETINGS = "/api/v1/meetings"


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=x", "limit"),
        ("cursor=x", "cursor"),
        ("from=yesterday", "from"),
        ("from=2026-03-04T09:00:00", "from"),
        ("from=0", "from"),
        ("kind=chat", "kind"),
        ("owner=mia", "owner"),
        ("status=gone", "status"),
        ("verdict=great", "verdict"),
        ("form=2026-01-01T00:00:00Z", "form"),
    ],
)
def test_a_wrong_parameter_is_a_problem(client_of: Client, query: str, named: str) -> None:
    answer = client_of("reader").get(f"{MEETINGS}?{query}")
    problem = answer.json()
    assert answer.status_code == problem["status"] == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["errors"][0]["at"].split(".")[:2] == ["query", named]
    assert named in problem["detail"]


def test_problems_have_one_shape(client_of: Client, organisation: Any) -> None:
    asked = [
        ("nobody", MEETINGS, 401),
        ("scores", MEETINGS, 403),
        ("reader", f"{MEETINGS}/{organisation.ids['hidden']}", 404),
        ("reader", f"{MEETINGS}/none", 404),
        ("reader", "/api/v1/nothing", 404),
    ]
    for who, path, status in asked:
        answer = client_of(who).get(path)
        assert (answer.status_code, answer.json()["status"]) == (status, status)
        assert answer.headers["content-type"] == "application/problem+json"
        assert set(answer.json()) == {"type", "title", "status", "detail"}
    assert client_of("reader").put(MEETINGS).headers["allow"] == "GET"


def test_nothing_new_is_a_304(client_of: Client, scored: Any) -> None:
    client = client_of("reader")
    first = client.get(MEETINGS)
    tag = first.headers["etag"]
    assert first.headers["cache-control"] == "private, no-cache"
    assert {"Authorization", "Cookie"} <= {v.strip() for v in first.headers["vary"].split(",")}
    for sent in (tag, f'"other", W/{tag}', "*"):
        again = client.get(MEETINGS, headers={"if-none-match": sent})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
        assert "ratelimit" in again.headers
    assert client.get(MEETINGS, headers={"if-none-match": '"other"'}).status_code == 200
    scored("mia", 1, 50)
    changed = client.get(MEETINGS, headers={"if-none-match": tag})
    assert (changed.status_code, changed.headers["etag"] != tag) == (200, True)


def test_an_etag_opens_nothing(client_of: Client) -> None:
    tag = client_of("reader").get(MEETINGS).headers["etag"]
    assert client_of().get(MEETINGS, headers={"if-none-match": tag}).status_code == 401
    assert client_of("scores").get(MEETINGS, headers={"if-none-match": "*"}).status_code == 403


@pytest.fixture
def hasty(settings: Settings) -> Iterator[FastAPI]:
    app = create_app(settings.model_copy(update={"api_requests_per_minute": 3}))
    yield app
    app.state.service.close()


def test_each_caller_has_a_limit(hasty: FastAPI, organisation: Any) -> None:
    def ask(name: str) -> Any:
        bearer = {"authorization": f"Bearer {organisation.keys[name]}"} if name else {}
        return TestClient(hasty, headers=bearer).get(MEETINGS)

    answers = [ask("reader") for _ in range(4)]
    assert [a.status_code for a in answers] == [200, 200, 200, 429]
    assert [a.headers["ratelimit"].split(";")[1] for a in answers] == ["r=2", "r=1", "r=0", "r=0"]
    assert answers[0].headers["ratelimit-policy"] == '"minute";q=3;w=60'
    last = answers[-1]
    assert 1 <= int(last.headers["retry-after"]) <= 60
    assert last.headers["content-type"] == "application/problem+json"
    assert ask("full").status_code == 200
    assert [ask("").status_code for _ in range(4)] == [401, 401, 401, 429]
    assert TestClient(hasty).get("/health").status_code == 200


def test_a_limit_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    limiter, start = Limiter(2), time.time()
    assert [limiter.count("a")[0] for _ in range(3)] == [True, True, False]
    monkeypatch.setattr(time, "time", lambda: start + 61)
    allowed, quota = limiter.count("a")
    assert (allowed, quota.left) == (True, 1)


def test_the_description_is_complete(app: FastAPI) -> None:
    made = app.openapi()
    assert made["openapi"] == "3.1.0"
    reads = {
        path: does["get"]["responses"] for path, does in made["paths"].items() if "get" in does
    }
    files = {path for path, answers in reads.items() if "304" not in answers}
    assert files == {"/api/v1/exports/meetings", "/api/v1/exports/managers"}
    assert all("ETag" in reads[path]["200"]["headers"] for path in reads.keys() - files)
    for path, operations in made["paths"].items():
        assert path.startswith("/api/v1/")
        for operation in operations.values():
            assert operation["security"] == [{"token": []}]
            assert {"401", "403", "404", "422", "429"} <= set(operation["responses"])
            for status, answer in operation["responses"].items():
                if status >= "400":
                    assert list(answer["content"]) == ["application/problem+json"], path
    assert "HTTPValidationError" not in str(made)


def test_examples_fit_their_schemas(app: FastAPI) -> None:
    from jsonschema import Draft202012Validator

    made = app.openapi()
    examples = 0
    for name, schema in made["components"]["schemas"].items():
        whole = {"$ref": f"#/components/schemas/{name}", "components": made["components"]}
        for example in schema.get("examples", []):
            Draft202012Validator(whole).validate(example)
            examples += 1
    assert examples >= 4
