import re
import time
from html.parser import HTMLParser

import pytest

from scoring.html import render_html, render_scoreboard_html
from scoring.metrics import METRICS

VOID = {"meta", "link", "input", "rect"}


class Page(HTMLParser):
    """Collects what the tests ask of a page and checks that its elements nest."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.ids, self.links, self.text = [], [], [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        found = dict(attrs)
        self.ids.extend([found["id"]] if "id" in found else [])
        self.links.extend(found[key] for key in ("href", "src", "action") if key in found)
        assert not [key for key in found if key.startswith("on") or key == "style"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] != "style":
            self.text.append(data)


@pytest.fixture(params=["full", "doubt", "short", "untimed"])
def page(request, make_report):
    changes = {
        "full": {},
        "doubt": {"confidence": 0.6},
        "short": {"enough": False},
        "untimed": {"times": False},
    }
    return Page(render_html(make_report(**changes[request.param])))


def test_html(make_report, snapshot):
    html = render_html(make_report(confidence=0.7))
    assert re.sub(r"<style>.*?</style>", "<style></style>", html, flags=re.DOTALL) == snapshot


def test_html_without_enough_evidence(make_report):
    page = Page(render_html(make_report(enough=False)))
    text = " ".join(" ".join(page.text).split())
    assert "Not enough evidence" in text
    assert "of 100" not in text
    assert "90 % range" not in text


def test_scoreboard_html(make_report, snapshot):
    reports = [make_report(), make_report(confidence=0.6), make_report(enough=False)]
    html = render_scoreboard_html(reports, ["a.html", "b.html", ""])
    Page(html)
    assert re.sub(r"<style>.*?</style>", "<style></style>", html, flags=re.DOTALL) == snapshot


def test_a_page_nests_and_has_landmarks(page):
    assert page.open == []
    assert {"header", "main", "footer", "h1"} <= set(page.tags)
    assert len(page.ids) == len(set(page.ids))


def test_every_link_leads_into_the_page(page):
    inside = [link for link in page.links if link.startswith("#")]
    assert {link[1:] for link in inside} <= set(page.ids)
    assert [link for link in page.links if not link.startswith("#")] == ["data:,"]


def test_nothing_is_fetched_and_nothing_runs(make_report):
    html = render_html(make_report())
    assert "script" not in Page(html).tags
    assert not re.search(r"https?://|//\w|@import|url\(", html)


def test_no_metric_is_called_by_its_key(make_report):
    html = render_html(make_report())
    assert not [name for name in METRICS if "_" in name and name in html]


def test_a_hostile_transcript_stays_text(make_report):
    evil = "</style><script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
    report = make_report(coach=evil, coachee="{{ 7 * 7 }}", words=f"{evil} go on", confidence=0.6)
    hostile = report.model_copy(update={"title": evil})
    for html in (render_html(hostile), render_scoreboard_html([hostile], ['"><b>'])):
        page = Page(html)
        assert not {"script", "img"} & set(page.tags)
        assert "<script" not in html
        assert page.tags.count("style") == 1
    assert "{{ 7 * 7 }}" in render_html(hostile)


def test_every_sentence_is_in_the_transcript_once(make_report):
    page = Page(render_html(make_report()))
    assert [i for i in page.ids if re.fullmatch(r"u\d+", i)] == [f"u{i}" for i in range(13)]


def test_links_must_match_the_reports(make_report):
    with pytest.raises(ValueError, match="shorter"):
        render_scoreboard_html([make_report()], [])


def test_a_long_meeting_renders_quickly(make_report):
    report = make_report(repeat=70)
    render_html(report)
    start = time.process_time()
    html = render_html(report)
    assert time.process_time() - start < 0.3
    assert html.count('<li id="u') == 910


def test_text_colours_meet_wcag_aa_in_both_schemes(make_report):
    css = render_html(make_report()).split("@media print")[0]
    for block in re.findall(r":root \{(.*?)\}", css, flags=re.DOTALL):
        colour = dict(re.findall(r"--([\w-]+): (#\w{6})", block))
        for ink in ("ink", "soft", "accent"):
            for paper in ("paper", "card"):
                assert _contrast(colour[ink], colour[paper]) >= 4.5
        for data in ("deal", "dev", "accent"):
            assert _contrast(colour[data], colour["paper"]) >= 3


def _contrast(one, other):
    """Contrast ratio of two colours as WCAG 2.2 defines it."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
