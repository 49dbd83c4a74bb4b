"""A dashboard in a screenful: who coaches how much and how well, from the API into pandas.

    COACHSCORE_URL=http://127.0.0.1:8000 COACHSCORE_TOKEN=cs_… python docs/examples/dashboard.py

The token needs the scopes read:meetings and read:scores. Paste the functions into a notebook
as they are; each gives a data frame.
"""

import io
import os

import httpx
import pandas as pd


def connect() -> httpx.Client:
    """A client for the service that the environment names."""
    token = os.environ["COACHSCORE_TOKEN"]
    return httpx.Client(
        base_url=os.environ["COACHSCORE_URL"] + "/api/v1",
        headers={"Authorization": f"Bearer {token}"},
        timeout=30,
    )


def export(client: httpx.Client, name: str, **filters: str) -> pd.DataFrame:
    """A whole table at once: "meetings" or "managers"."""
    answer = client.get(f"/exports/{name}", params=filters | {"format": "parquet"})
    answer.raise_for_status()
    return pd.read_parquet(io.BytesIO(answer.content))


def managers(client: httpx.Client, **filters: str) -> pd.DataFrame:
    """Those who coach, page by page; `mean` is empty below the minimum of meetings."""
    rows, cursor = [], {}
    while True:
        page = client.get("/managers", params=filters | cursor).raise_for_status().json()
        rows += page["items"]
        if page["next"] is None:
            break
        cursor = {"cursor": page["next"]}
    return pd.json_normalize(rows).rename(columns=lambda name: name.removeprefix("summary."))


def by_month(meetings: pd.DataFrame) -> pd.DataFrame:
    """Meetings and hours a month, and the share of minutes on development, by manager."""
    month = meetings["held_at"].dt.strftime("%Y-%m")
    sums = meetings.groupby(["manager", month.rename("month")]).agg(
        meetings=("meeting_id", "size"),
        hours=("minutes", lambda minutes: minutes.sum() / 60),
        development=("development_minutes", "sum"),
        deal=("deal_minutes", "sum"),
    )
    both = sums["development"] + sums["deal"]
    sums["development_share"] = (sums["development"] / both).where(both > 0)
    return sums.drop(columns=["development", "deal"]).reset_index()


def told_apart(one: pd.Series, other: pd.Series) -> bool:
    """Whether two means differ by more than chance: their intervals leave each other out."""
    return bool(one["low"] > other["high"] or other["low"] > one["high"])


if __name__ == "__main__":
    with connect() as client:
        print(managers(client)[["name", "meetings", "scored", "mean", "low", "high"]])
        print(by_month(export(client, "meetings")))
        print(export(client, "managers", period="month"))
