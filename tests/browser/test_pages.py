"""Every page for everybody: read by axe in both themes, used by keys alone, on a cut line."""

import re
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, Request, Route, expect

from pipeline.presenting import sample_files

Browse = Callable[..., Page]

pytestmark = pytest.mark.parametrize("site", ["sqlite"], indirect=True, scope="module")

# Empty pages are Max's, full ones Mia's; what went wrong is at the end of each list.
PAGES = {
    "nobody": ("/sign-in", "{link}", "/link/used-up"),
    "max": ("/", "/managers/{max}", "/managers/{max}/sheet", "/nothing-here"),
    "mia": (
        "/", "/upload", "/managers/{mia}", "/managers/{mia}/sheet", "/meetings/{latest}",
        "/meetings/{hidden}?show=missed", "/meetings/{latest}/contest/3",
        "/meetings/{latest}/delete", "/voice", "/meetings/{waiting}", "/meetings/{failed}",
    ),
    "vic": ("/", "/team", "/team?kind=coach_the_coach", "/managers/{mia}", "/meetings/{latest}"),
    "ada": (
        "/team", "/people", "/people/{mia}", "/people/{mia}/delete", "/tokens", "/audit",
        "/audit?object=nothing",
    ),
}  # fmt: skip
LOOKS = {
    "light": {"color_scheme": "light", "viewport": {"width": 1280, "height": 900}},
    "dark": {"color_scheme": "dark", "viewport": {"width": 390, "height": 844}},
}


def problems(page: Page) -> list[str]:
    """What axe finds serious or critical, and a page that is wider than its window."""
    found = [
        f"{page.url}: {rule['id']} {node['html']}"
        for rule in Axe().run(page).response["violations"]
        if rule["impact"] in ("serious", "critical")
        for node in rule["nodes"]
    ]
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        found.append(f"{page.url}: wider than the window")
    return found


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("who", PAGES)
def test_axe_finds_nothing_serious(site: Any, browse: Browse, who: str, look: str) -> None:
    page = browse(None if who == "nobody" else who, **LOOKS[look])
    found = []
    for address in PAGES[who]:
        page.goto(address.format(link=site.link, **site.ids))
        page.locator("details").evaluate_all("all => all.forEach(one => { one.open = true; })")
        found += problems(page)
    assert found == []


@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_nothing_serious_in_forms_that_were_refused(
    site: Any, browse: Browse, look: str
) -> None:
    page = browse(**LOOKS[look])
    page.goto("/sign-in")
    page.get_by_label("Email address").fill("max@example.com")
    page.get_by_label("Password").fill("not this one")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    found = problems(page)

    page = browse("max", **LOOKS[look])
    page.goto("/upload")
    nothing = {"name": "nothing.vtt", "mimeType": "text/vtt", "buffer": b"WEBVTT\n"}
    page.get_by_label("Recordings or transcripts").set_input_files([nothing])
    page.get_by_label("With whom").fill("Ben")
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Upload", exact=True).click()
    expect(page.locator("#sent li")).to_contain_text("without any words")
    assert found + problems(page) == []


def reach(page: Page, wanted: Locator) -> None:
    """Press Tab until something has the focus, which must be seen there."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if wanted.evaluate("one => one === document.activeElement"):
            assert wanted.evaluate("one => getComputedStyle(one).outlineStyle") != "none"
            return
    raise AssertionError(f"no way to {wanted} by keys")


def test_by_keys_alone(site: Any, browse: Browse) -> None:
    page = browse()
    page.goto("/upload")
    reach(page, page.get_by_label("Email address"))
    page.keyboard.type("max@example.com")
    page.keyboard.press("Tab")
    page.keyboard.type("seven tall giraffes")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Upload a meeting")).to_be_visible()

    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    files = page.get_by_label("Recordings or transcripts")
    reach(page, files)
    files.set_input_files(sample_files()[-1])  # What opens there is the browser's own.
    reach(page, page.get_by_label("With whom"))
    page.keyboard.type("Ben")
    reach(page, page.get_by_role("checkbox"))
    page.keyboard.press("Space")
    reach(page, page.get_by_role("button", name="Upload", exact=True))
    page.keyboard.press("Enter")
    expect(page.locator("#sent-title")).to_be_focused()
    expect(page.locator("#sent li .file a")).to_be_visible()

    page = browse("mia")
    page.goto(f"/meetings/{site.ids['latest']}")
    questions = page.locator(".lines li.questions").count()
    filters = page.get_by_role("navigation", name="Which sentences are shown")
    chosen = filters.get_by_role("link", name="Questions")
    chosen.focus()
    page.keyboard.press("Enter")
    expect(chosen).to_have_attribute("aria-current", "true")
    expect(page.locator(".lines li:visible")).to_have_count(questions)


def test_an_upload_survives_a_cut_line_and_a_reload(
    site: Any, browse: Browse, tmp_path: Path
) -> None:
    recording = silence(tmp_path / "long talk.wav", seconds=130)
    page = browse("max")
    page.goto("/upload")
    passed: list[Request] = []

    def cut(route: Route) -> None:
        """The first part passes, then the line is gone."""
        if route.request.method == "PATCH" and not passed:
            passed.append(route.request)
            route.continue_()
        elif route.request.method in ("PATCH", "HEAD"):
            route.abort("internetdisconnected")
        else:
            route.continue_()

    page.route("**/uploads/*", cut)
    page.get_by_label("Recordings or transcripts").set_input_files(recording)
    page.get_by_label("With whom").fill("Ben")
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Upload", exact=True).click()
    expect(page.locator("#sent li")).to_contain_text("The connection is broken")
    page.reload()

    left = page.locator("#unfinished li")
    expect(left).to_contain_text(re.compile(r"3\d\s% of 25\.0 MB arrived"))
    page.unroute("**/uploads/*")
    offsets: list[str] = []
    page.on("request", lambda one: offsets.append(one.headers.get("upload-offset", "")))
    left.get_by_label("Choose the file").set_input_files(recording)
    expect(page.locator("#sent li .file a")).to_be_visible()
    sent = [int(at) for at in offsets if at]
    assert sent == sorted(sent)
    assert sent[0] == 8 * 2**20


def silence(path: Path, seconds: int) -> Path:
    """Sound of 192,000 bytes a second in which nobody says anything."""
    with wave.open(str(path), "wb") as sound:
        sound.setparams((2, 2, 48_000, 0, "NONE", ""))
        sound.writeframes(bytes(192_000) * seconds)
    return path
