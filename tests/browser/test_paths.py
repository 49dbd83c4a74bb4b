"""The whole path of a manager and of a VP, with the shipped models, on both databases."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from pipeline.presenting import sample_files

Browse = Callable[..., Page]
# From the upload to the score, with a worker that may still load its models.
ANALYSED = 240_000
SCORED = re.compile(r"\d+ \(\d+ to \d+\)")
NEW_PASSWORD = "four quiet purple frogs"


def drop(page: Page, name: str, text: str) -> None:
    """What a browser does when a file is dropped on the page."""
    made = page.evaluate_handle(
        """([name, text]) => {
            const data = new DataTransfer();
            data.items.add(new File([text], name, {type: "text/plain"}));
            return data;
        }""",
        [name, text],
    )
    page.wait_for_load_state()  # Before its script has run, nobody listens.
    page.locator("main").dispatch_event("drop", {"dataTransfer": made})


def sent(page: Page, name: str) -> Locator:
    """The line of a file on the upload page; the last one, where it was sent twice."""
    return page.locator("#sent li").filter(has_text=name).last


def arrived(page: Page, name: str) -> None:
    """The line of a file leads to its meeting."""
    expect(sent(page, name).get_by_role("link", name=name)).to_be_visible()


def send(page: Page) -> None:
    page.get_by_role("button", name="Upload", exact=True).click()


def in_sight(page: Page, link: Locator) -> None:
    """Following a link to a sentence brings that sentence into sight."""
    target = page.locator(re.search(r"#u\d+$", link.get_attribute("href")).group())
    link.locator(".place").click()
    expect(target).to_be_in_viewport()


def test_a_managers_whole_path(site: Any, browse: Browse) -> None:
    page = browse()
    page.goto(site.link)
    for label in ("Password", "The same password again"):
        page.get_by_label(label, exact=True).fill(NEW_PASSWORD)
    page.get_by_role("button", name="Set password and sign in").click()
    expect(page.get_by_role("heading", name="No meetings yet")).to_be_visible()

    page.get_by_role("button", name="Sign out").click()
    page.get_by_label("Email address").fill("nora@example.com")
    page.get_by_label("Password").fill(NEW_PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="Upload a meeting").click()
    meeting = uploads(page)
    page.goto(meeting)
    reads(page)
    contests(page)
    renames(page)
    swaps(page)

    page.get_by_role("link", name="My coaching").click()
    expect(page.get_by_role("heading", name="My coaching")).to_be_visible()
    expect(page.get_by_text("One thing to try next week")).to_be_visible()
    expect(page.locator(".meetings tbody tr")).to_have_count(2)
    expect(page.get_by_text("A mean needs 3 scored meetings;")).to_be_visible()


def uploads(page: Page) -> str:
    """From a dropped file to a score; returns the meeting's address."""
    _, second, first = sample_files()[:3]  # In the very first, no single question counts.
    drop(page, first.name, first.read_bytes().decode())
    page.get_by_label("With whom").fill("Elena")
    send(page)
    consent = page.get_by_role("checkbox", name="Everybody in this conversation")
    assert consent.evaluate("box => box.matches(':invalid')")
    expect(page.locator("#sent")).to_be_hidden()
    consent.check()
    send(page)
    arrived(page, first.name)

    nothing = {"name": "nothing.vtt", "mimeType": "text/vtt", "buffer": b"WEBVTT\n"}
    page.get_by_label("Recordings or transcripts").set_input_files([nothing])
    send(page)
    expect(sent(page, "nothing.vtt")).to_contain_text("but without any words")

    page.get_by_label("Recordings or transcripts").set_input_files([first, second])
    send(page)
    for name in (first.name, second.name):
        expect(sent(page, name).locator(".state")).to_have_text(SCORED, timeout=ANALYSED)
    links = page.locator("#sent li .file a")
    addresses = [link.get_attribute("href") for link in links.all()]
    assert (len(addresses), len(set(addresses))) == (3, 2)
    page.goto("/")
    expect(page.locator(".list tbody tr")).to_have_count(2)
    return addresses[0]


def reads(page: Page) -> None:
    """The verdict, the filters and the evidence of a meeting."""
    verdict = page.locator("#verdict")
    expect(verdict).to_have_text(re.compile("coaching|telling|deals", re.IGNORECASE))
    expect(page.locator(".hero .figure")).to_contain_text("90 % range")
    lines, chosen = page.locator(".lines li:visible"), page.locator(".lines li.questions")
    questions = chosen.count()
    assert 0 < questions < lines.count()
    filters = page.get_by_role("navigation", name="Which sentences are shown")
    filters.get_by_role("link", name="Questions").click()
    expect(page).to_have_url(re.compile(r"show=questions"))
    expect(lines).to_have_count(questions)
    page.reload()
    expect(lines).to_have_count(questions)
    in_sight(page, page.locator(".criterion .said").first)


def contests(page: Page) -> None:
    """A contested tag changes the score at once, and what the machine said stays beside it."""
    before = page.locator(".hero .figure strong").inner_text()
    line = page.locator(".lines li.coach.questions:not(.challenges)").first
    line.hover()
    line.get_by_role("link", name="Contest").click()
    page.get_by_label("What it does").select_option("Guidance")
    page.get_by_label("Why").fill("It was advice")
    page.get_by_role("button", name="Contest").click()
    told = page.get_by_role("status").filter(has_text="The score follows")
    now, machine = re.findall(r"\d+(?:\.\d)?", told.inner_text().split("s. ", 1)[1])
    assert now != machine
    assert round(float(machine)) == int(before)
    expect(page.locator(".contests")).to_contain_text("As the machine judged")
    expect(page.locator(".contests")).to_contain_text("It was advice")


def renames(page: Page) -> None:
    """A speaker's name is put right, everywhere on the page."""
    page.get_by_label("Speaker", exact=True).select_option(index=1)
    page.get_by_label("Is called").fill("Bartholomew")
    page.get_by_role("button", name="Change the name").click()
    expect(page.locator(".lines .who").filter(has_text="Bartholomew").first).to_be_visible(
        timeout=ANALYSED
    )
    expect(page.locator(".contests .record")).to_contain_text("is called Bartholomew")


def swaps(page: Page) -> None:
    """Other sides need a worker; the page waits for it by itself."""
    coach = page.get_by_label("The coach in this conversation")
    other = coach.locator("option").first.text_content().strip()
    page.get_by_role("button", name="Swap the speakers").click()
    header = page.get_by_role("rowheader", name="Coach", exact=True)
    row = page.locator(".beside tr").filter(has=header)
    expect(row.locator("td").last).to_have_text(other, timeout=ANALYSED)


def test_a_vps_whole_path(site: Any, browse: Browse, tmp_path: Path) -> None:
    page = browse()
    page.goto("/team")
    page.get_by_label("Email address").fill("vic@example.com")
    page.get_by_label("Password").fill("seven tall giraffes")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Managers side by side")).to_be_visible()

    page.get_by_label("Time").select_option("Last 26 weeks")
    page.get_by_label("Kind of meeting").select_option("Deal review")
    page.get_by_role("button", name="Show").click()
    for _ in range(2):
        expect(page).to_have_url(re.compile(r"weeks=26&kind=deal_review"))
        expect(page.get_by_label("Time")).to_have_value("26")
        expect(page.get_by_label("Kind of meeting")).to_have_value("deal_review")
        page.reload()

    side = page.get_by_role("region", name="Managers side by side")
    side.get_by_role("link", name="Mia").click()
    expect(page.get_by_role("heading", name="Coaching of Mia")).to_be_visible()
    expect(page).to_have_url(re.compile(r"weeks=26&kind=deal_review"))
    expect(page.locator(".meetings tbody tr")).to_have_count(1)
    page.get_by_label("Kind of meeting").select_option("All kinds")
    page.get_by_role("button", name="Show").click()
    expect(page.locator(".meetings tbody tr")).to_have_count(4)
    sheet = page.get_by_role("link", name="One page to print").get_attribute("href")

    quote = page.locator(".quoted .place").first
    number = re.search(r"#u\d+$", quote.get_attribute("href")).group()
    quote.click()
    expect(page.locator(number)).to_be_in_viewport()
    in_sight(page, page.locator(".criterion .said").first)
    expect(page.get_by_role("heading", name="Who coached?")).to_have_count(0)

    page.goto(sheet)
    expect(page.get_by_text("What we agree today")).to_be_visible()
    paper = page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", paper)) == 1

    # Mia's newest meeting is hers alone for a day.
    assert page.goto(f"/meetings/{site.ids['hidden']}").status == 404
    mia = browse("mia")
    assert mia.goto(f"/meetings/{site.ids['hidden']}").status == 200


@pytest.mark.parametrize("who", ["mia", "vic"])
def test_the_delay_shows_in_the_list(site: Any, browse: Browse, who: str) -> None:
    page = browse(who)
    page.goto("/")
    shown = page.locator(f"a[href='/meetings/{site.ids['hidden']}']")
    expect(shown).to_have_count(1 if who == "mia" else 0)
    expect(page.locator(f"a[href='/meetings/{site.ids['latest']}']")).to_have_count(1)
