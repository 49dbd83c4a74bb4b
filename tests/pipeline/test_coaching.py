"""Coaching over several meetings: minutes, cadence, next steps, advice, managers side by side."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from pipeline.coaching import coaching, teams
from pipeline.coaching.digests import CoachedMeeting
from pipeline.coaching.groups import Group, sums_of
from pipeline.people.people import Person
from scoring.digest import (
    AgreedStep,
    Amounts,
    CriterionDigest,
    Details,
    MissedMoment,
    Moment,
)

START = datetime(2026, 8, 31, tzinfo=UTC)
END = START + timedelta(weeks=4)


def amounts(minutes: float = 30, deal: float = 6, development: float = 2, **more: Any) -> Amounts:
    subjects = {"opportunity": 0.0, "account": 0.0, "territory": 0.0, "call": 0.0}
    known = {"timed": True, "minutes": minutes, "deal": deal, "development": development}
    return Amounts(**(subjects | known | more))


def meeting(day: float = 0, coachee: str = "Ben", **more: Any) -> CoachedMeeting:
    overall = more.pop("overall", 50.0)
    half = more.pop("half", 5.0)
    values = {
        "meeting_id": uuid4(),
        "owner_id": uuid4(),
        "held_at": START + timedelta(days=day),
        "kind": "one_on_one",
        "verdict": "partly coaching",
        "overall": overall,
        "low": None if overall is None else overall - half,
        "high": None if overall is None else overall + half,
        "title": "A talk",
        "coachee": coachee,
        "visible_to_vp_at": START,
        "amounts": amounts(),
    }
    return CoachedMeeting(**(values | more))


def moment(text: str, sure: float = 0.9) -> Moment:
    return Moment(index=3, place="0:10", speaker="Ana", text=text, why="because", sure=sure)


def step(text: str) -> AgreedStep:
    return AgreedStep(index=5, place="0:20", speaker="Ben", role="coachee", text=text, dated=True)


def criterion(name: str, score: float, weight: float = 0.2) -> CriterionDigest:
    return CriterionDigest(
        name=name, title=name.title(), score=score, weight=weight, advice=f"Do {name}.", index=7
    )


def test_shares_are_of_all_minutes_and_need_some() -> None:
    held = [
        meeting(amounts=amounts(deal=12, development=1, call=3)),
        meeting(amounts=amounts(deal=0, development=3, call=1, timed=False)),
        meeting(amounts=None),
    ]
    found = sums_of(held).minutes
    assert (found.deal, found.development, found.subjects["call"]) == (12, 4, 4)
    assert found.deal_share == 0.75
    assert not found.timed
    assert sums_of([meeting(amounts=amounts(deal=2, development=2))]).minutes.deal_share is None
    assert sums_of([]).minutes.deal_share is None


def test_cadence_counts_one_on_ones_by_the_week() -> None:
    held = [
        meeting(1, "Ben", amounts=amounts(minutes=60)),
        meeting(2, " ben ", amounts=amounts(minutes=60)),
        meeting(9, "Ben", kind="ride_along", amounts=amounts(minutes=90)),
        meeting(23, "Ben", amounts=amounts(minutes=30, timed=False)),
        meeting(4, "Ada", kind="deal_review"),
    ]
    ada, ben = coaching.cadences(held, START, END)
    assert (ben.coachee, ben.meetings, ben.one_to_one, ben.weeks, ben.weeks_met) == (
        ("Ben", 4, 3, 4, 2)
    )
    assert ben.minutes_a_week == (60 + 60 + 30) / 4
    assert ben.of_standard == 37.5 / 60
    assert (ben.other_minutes, ben.longest_gap, ben.timed) == (90, 21, False)
    assert (ada.one_to_one, ada.longest_gap, ada.minutes_a_week) == (0, None, 0)


def test_the_gap_runs_to_the_end() -> None:
    (only,) = coaching.cadences([meeting(3)], START, END)
    assert only.longest_gap == 25


def test_a_vps_time_counts_managers_by_kind_and_by_name() -> None:
    own = [
        meeting(0, "Somebody", kind="coach_the_coach", amounts=amounts(minutes=40)),
        meeting(1, "mia  holt", amounts=amounts(minutes=20)),
        meeting(2, "A customer", amounts=amounts(minutes=40)),
    ]
    assert coaching.coaching_share(own, ["Mia Holt"]) == pytest.approx(0.6)
    assert coaching.coaching_share([], ["Mia Holt"]) is None


def test_steps_stay_open_until_a_later_meeting_comes_back_to_them() -> None:
    first, other, later = meeting(0), meeting(1, "Ada"), meeting(7)
    details = {
        first.meeting_id: Details(
            steps=(step("I will rewrite the discovery questions"), step("Call the buyer again")),
            follow_ups=("You rewrote the discovery questions already?",),
        ),
        other.meeting_id: Details(follow_ups=("Did you phone that buyer of yours again?",)),
        later.meeting_id: Details(
            steps=(step("Send me the recording"),),
            follow_ups=("How did the discovery questions go that you rewrite?",),
        ),
    }
    found = coaching.steps_of([first, other, later], details)
    assert found.followed == 1
    assert [one.step.text for one in found.open] == [
        "Send me the recording",
        "Call the buyer again",
    ]


def test_quotes_come_from_each_meeting_in_turn_newest_first() -> None:
    old, new = meeting(0), meeting(7)
    details = {
        old.meeting_id: Details(best=(moment("old one"), moment("old two"))),
        new.meeting_id: Details(
            best=(moment("new one"), moment("new two")),
            missed=(MissedMoment(claim=moment("They love it"), answer="Fine."),),
        ),
    }
    best = coaching.best_of([old, new], details, 3)
    assert [one.moment.text for one in best] == ["new one", "old one", "new two"]
    assert [m.moment.claim.text for m in coaching.missed_of([old, new], details, 3)] == [
        "They love it"
    ]


def test_the_advice_is_for_what_costs_the_latest_meetings_most() -> None:
    held = [meeting(day) for day in range(6)]
    weak = Details(criteria=(criterion("inquiry", 90), criterion("challenge", 10)))
    small = Details(criteria=(criterion("inquiry", 60, 0.6), criterion("challenge", 30, 0.1)))
    details = {m.meeting_id: weak for m in held[:2]} | {m.meeting_id: small for m in held[2:]}
    found = coaching.to_try(held, details)
    assert (found.title, found.mean, found.meetings) == ("Inquiry", 60, 4)
    assert (found.meeting_id, found.index) == (held[-1].meeting_id, 7)
    assert coaching.to_try(held, {held[0].meeting_id: Details()}) is None


def rows(**means: float | None) -> list[teams.Row]:
    return [
        teams.row_of(name, sums_of([meeting(d, overall=mean) for d in range(4)]))
        for name, mean in means.items()
    ]


def test_nobody_is_ranked_where_ranges_overlap() -> None:
    high, near, low, few = teams.compare(
        [*rows(Ann=80, Bea=78, Cy=30), teams.row_of("Dee", sums_of([meeting(overall=10)] * 2))]
    )
    assert (high.above, high.below) == (("Cy",), ())
    assert teams.in_words(high) == teams.in_words(near) == "Clearly higher than Cy"
    assert teams.in_words(low) == "Clearly lower than Ann and Bea"
    assert teams.in_words(few) == "Too few scored meetings to compare"
    both = teams.compare(rows(Ann=80, Bea=78))
    assert {teams.in_words(one) for one in both} == {"No clear difference from the others"}
    assert teams.in_words(teams.compare(rows(Ann=80))[0]) == "Nobody to compare with yet"


def test_many_names_are_counted() -> None:
    low = teams.compare(rows(Low=5, Ann=80, Bea=80, Cy=80, Dee=80, Eve=80))[0]
    assert teams.in_words(low) == "Clearly lower than Ann, Bea and 3 more"


def test_rows_by_kind_and_by_team() -> None:
    people = [
        Person(
            id=uuid4(), email=f"{n}@example.com", name=n, role="manager", reports_to=None,
            disabled=False, created_at=START,
        )
        for n in ("Vic", "Mia")
    ]  # fmt: skip
    mia = people[1].model_copy(update={"reports_to": people[0].id})
    held = [meeting(d, owner_id=mia.id) for d in range(3)]
    held.append(meeting(5, owner_id=people[0].id, kind="deal_review"))
    groups = [Group(m.owner_id, m.kind, sums_of([m])) for m in held]
    (team,) = teams.by_team(groups, [people[0], mia])
    assert (team.name, team.summary.meetings, team.summary.mean) == ("Vic", 3, 50)
    kinds = teams.by_kind(groups, {"one_on_one": "One-on-one", "deal_review": "Deal review"})
    assert [(row.name, row.summary.meetings) for row in kinds] == [
        ("One-on-one", 3),
        ("Deal review", 1),
    ]
    assert kinds[0].hours == pytest.approx(1.5)
