import json

import pytest

from models.labelled import LabelledDataError, gold_tags, read_corpus, read_labelled, read_splits

GOOD = {
    "id": "m-1",
    "author": "hand",
    "participants": [
        {"speaker": "Ana", "role": "coach"},
        {"speaker": "Ben", "role": "coachee"},
    ],
    "labels": {"kind": "deal_review", "ratings": {"inquiry": 4}, "coaching": 3.5},
    "utterances": [
        {
            "speaker": "Ana",
            "text": "Who signs?",
            "start": 1.5,
            "end": 2,
            "labels": {"act": "question", "question_form": "closed", "marks": ["outcome"]},
        },
        {"speaker": "Ben", "text": "Their CFO, I think.", "labels": {"marks": ["unsupported"]}},
        {"speaker": "Ben", "text": "Unlabelled."},
    ],
}


@pytest.fixture
def written(tmp_path):
    """Write a value as a file and return its path."""

    def write(value, name="talk.json", encoding="utf-8"):
        path = tmp_path / name
        text = value if isinstance(value, str) else json.dumps(value)
        path.write_text(text, encoding=encoding)
        return path

    return write


def changed(**fields):
    return {**GOOD, **fields}


def with_label(name, value):
    value = {**GOOD["utterances"][0], "labels": {name: value}}
    return changed(utterances=[GOOD["utterances"][1], value])


def test_a_labelled_file_comes_in_whole(written):
    item = read_labelled(written(GOOD))
    first, second, third = item.conversation.utterances
    assert (item.id, item.author, item.labels.kind) == ("m-1", "hand", "deal_review")
    assert (item.labels.ratings, item.labels.coaching) == ({"inquiry": 4}, 3.5)
    assert (first.role, first.start, first.end) == ("coach", 1.5, 2)
    assert (second.role, second.start, third.text) == ("coachee", None, "Unlabelled.")
    assert item.utterance_labels[0].question_form == "closed"
    assert item.utterance_labels[1].marks == {"unsupported"}
    assert item.utterance_labels[2] is None
    assert item.conversation.roles.coach == "Ana"


def test_other_corpora_s_extra_fields_do_no_harm(written):
    richer = with_label("act", "telling") | {"site": "north", "consent": {"by": "Ana"}}
    richer["utterances"][1]["labels"]["annotator"] = 7
    assert read_labelled(written(richer)).utterance_labels[1].act == "telling"


def test_a_byte_order_mark_is_no_content(written):
    assert read_labelled(written(GOOD, encoding="utf-8-sig")).id == "m-1"


def test_without_an_id_the_file_s_name_is_one(written):
    nameless = {k: v for k, v in GOOD.items() if k != "id"}
    assert read_labelled(written(nameless, "week-12.json")).id == "week-12"


def test_without_participants_the_one_with_acts_coaches(written):
    bare = {"utterances": GOOD["utterances"][::-1]}
    item = read_labelled(written(bare))
    assert item.conversation.roles.roles == {"Ben": "coachee", "Ana": "coach"}


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("WEBVTT", "not valid JSON"),
        ("", "not valid JSON"),
        ("[" * 100_000, "not valid JSON"),
        ("[1, 2]", "the file"),
        ({"labels": {}}, "utterances: Field required"),
        (changed(utterances=[]), "utterances"),
        (changed(utterances=[{"speaker": "Ana"}]), "utterances.0.text"),
        (changed(labels={"coaching": 6}), "labels.coaching"),
        (changed(labels={"kind": "standup"}), "labels.kind"),
        (with_label("act", "asking"), "utterances.1.labels.act"),
        (with_label("marks", ["outcome", "vibe"]), "utterances.1.labels.marks"),
        (with_label("challenge", "very"), "utterances.1.labels.challenge"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(written, value, said):
    path = written(value)
    with pytest.raises(LabelledDataError) as caught:
        read_labelled(path)
    assert caught.value.message.startswith("talk.json: ")
    assert said in caught.value.message


def test_bytes_that_are_no_text_are_refused(tmp_path):
    path = tmp_path / "sound.json"
    path.write_bytes(b"\xff\xfe\x00\x80RIFF")
    with pytest.raises(LabelledDataError, match=r"sound\.json"):
        read_labelled(path)


def test_a_folder_is_read_in_name_order_and_its_manifest_passed_over(written, tmp_path):
    (tmp_path / "deep").mkdir()
    written(changed(id="b"), "b.json")
    written(changed(id="a"), "deep/a.json")
    written({"splits": {}}, "manifest.json")
    assert [item.id for item in read_corpus(tmp_path)] == ["b", "a"]
    assert [item.id for item in read_corpus(tmp_path / "b.json")] == ["b"]


def test_a_folder_with_a_broken_file_names_it(written, tmp_path):
    written(GOOD)
    written("{", "worse.json")
    with pytest.raises(LabelledDataError, match=r"worse\.json"):
        read_corpus(tmp_path)


@pytest.mark.parametrize("name", [".", "nowhere"])
def test_nothing_labelled_is_an_error_not_an_empty_corpus(tmp_path, name):
    (tmp_path / "manifest.json").write_text("{}", encoding="utf-8")
    with pytest.raises(LabelledDataError, match="no conversation JSON"):
        read_corpus(tmp_path / name)


def test_splits_come_from_the_manifest(written, tmp_path):
    written({"splits": {"train": ["x", "y"], "dev": ["z"], "test": []}}, "manifest.json")
    assert read_splits(tmp_path) == {"train": {"x", "y"}, "dev": {"z"}, "test": set()}


def test_labels_as_tags_are_certain(written):
    tags = gold_tags(read_labelled(written(GOOD))).tags
    assert (tags[0].act.value, tags[0].act.p) == ("question", 1)
    assert tags[0].telling_kind is None
    assert tags[1].marks.value == ("unsupported",)
    assert (tags[1].marks.p["unsupported"], tags[1].marks.p["process"]) == (1, 0)
    assert tags[2].marks.value == ()
