"""The corpus is what its manifest says, labelled as the codebook says, and not padded."""

import hashlib
import json
from collections import Counter, defaultdict
from itertools import combinations

import pytest

from models.cues import words
from models.labelled import UtteranceLabels, read_labelled, read_splits
from models.labels import COACH_MARKS, CRITERIA, KINDS

NEAR = 0.75  # Share of three-word runs in common from which one sentence repeats another.


@pytest.fixture(scope="module")
def corpus(corpus_folder):
    files = sorted((corpus_folder / "conversations").rglob("*.json"), key=lambda path: path.stem)
    return {path.stem: read_labelled(path) for path in files}


@pytest.fixture(scope="module")
def manifest(corpus_folder):
    return json.loads((corpus_folder / "manifest.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def split_of(corpus_folder):
    """Split by author."""
    splits = read_splits(corpus_folder)
    return {author: split for split, authors in splits.items() for author in authors}


@pytest.fixture(scope="module")
def long_sentences(corpus):
    """Conversation and normalised words of every utterance of more than five words."""
    spoken = (
        (name, words(u.text)) for name, c in corpus.items() for u in c.conversation.utterances
    )
    return [(name, tuple(said)) for name, said in spoken if len(said) > 5]


def follows_codebook(role, labels):
    """Whether an utterance of `role` has all the labels it needs and none it must not have."""
    if role != "coach":
        coach_only = labels.model_dump(exclude={"marks"})
        return all(value is None for value in coach_only.values())
    full = None not in (labels.act, labels.challenge, labels.focus, labels.activity)
    form = (labels.question_form is not None) == (labels.act == "question")
    kind = (labels.telling_kind is not None) == (labels.act == "telling")
    idle = labels.act != "other" or (labels.focus, labels.activity) == ("neither", "none")
    return full and form and kind and idle and labels.marks <= set(COACH_MARKS)


def test_the_manifest_s_counts_are_the_files_own(corpus, manifest):
    spoken = [u for c in corpus.values() for u in c.conversation.utterances]
    assert manifest["conversations"] == len(corpus)
    assert manifest["utterances"] == len(spoken)
    assert manifest["coach_utterances"] == sum(u.role == "coach" for u in spoken)


def test_the_card_names_the_version_and_the_counts(corpus_folder, manifest):
    card = " ".join((corpus_folder / "README.md").read_text(encoding="utf-8").split())

    assert f"{manifest['conversations']} conversations" in card
    assert f"{manifest['utterances']:,} utterances" in card
    assert f"{manifest['coach_utterances']:,} are the coach's" in card
    assert f"Version {manifest['version']}," in card


def test_every_file_is_the_one_that_was_released(corpus_folder, manifest):
    files = {p.relative_to(corpus_folder).as_posix() for p in corpus_folder.rglob("*.json")}
    there = {name for name in files if name.startswith("conversations/")}
    listed = {name for name in manifest["sha256"] if name.startswith("conversations/")}
    assert there == listed
    changed = [
        name
        for name, digest in manifest["sha256"].items()
        if hashlib.sha256((corpus_folder / name).read_bytes()).hexdigest() != digest
    ]
    assert changed == []


def test_a_file_is_named_after_its_conversation(corpus):
    assert [(name, name.split("-")[0]) for name in corpus] == [
        (c.id, c.author) for c in corpus.values()
    ]


def test_each_author_is_in_one_split(corpus, manifest):
    listed = [author for authors in manifest["splits"].values() for author in authors]
    assert len(listed) == len(set(listed))
    assert {c.author for c in corpus.values()} == set(listed)


def test_a_folder_holds_the_conversations_of_its_split(corpus_folder, split_of):
    for path in (corpus_folder / "conversations").rglob("*.json"):
        assert path.parent.name == split_of[path.stem.split("-")[0]], path.name


def test_every_utterance_is_labelled_under_the_codebook(corpus):
    wrong = [
        f"{name}#{u.index}"
        for name, c in corpus.items()
        for u, labels in zip(c.conversation.utterances, c.utterance_labels, strict=True)
        if labels is None or not follows_codebook(u.role, labels)
    ]
    assert wrong == []


def test_every_conversation_is_labelled_and_rated(corpus):
    for name, c in corpus.items():
        given = c.labels
        assert None not in given.model_dump().values(), name
        assert set(given.ratings) == set(CRITERIA), name
        assert all(1 <= rating <= 5 for rating in given.ratings.values()), name
        assert c.conversation.kind is not None, name
        assert Counter(c.conversation.roles.roles.values())["coach"] == 1, name


def test_every_kind_is_there_to_be_learnt_and_tested(corpus, split_of):
    for split in ("train", "dev", "test"):
        kinds = {c.labels.kind for c in corpus.values() if split_of[c.author] == split}
        assert kinds == set(KINDS), split


def test_no_conversation_is_told_twice(corpus):
    told = [tuple(u.text for u in c.conversation.utterances) for c in corpus.values()]
    assert len(set(told)) == len(told)


def test_no_sentence_is_in_two_splits(long_sentences, split_of):
    splits = defaultdict(set)
    for name, said in long_sentences:
        if len(said) < 8:  # Two strangers may both say "what do you make of that".
            continue
        splits[said].add(split_of[name.split("-")[0]])
    shared = [" ".join(said) for said, where in splits.items() if len(where) > 1]
    assert shared == []


def test_hardly_a_sentence_repeats_another(long_sentences):
    runs = [{said[i : i + 3] for i in range(len(said) - 2)} for _, said in long_sentences]
    holders = defaultdict(list)
    for number, found in enumerate(runs):
        for run in found:
            holders[run].append(number)
    common = Counter(pair for held in holders.values() for pair in combinations(held, 2))
    near = {
        later
        for (earlier, later), n in common.items()
        if n / (len(runs[earlier]) + len(runs[later]) - n) >= NEAR
    }
    assert len(near) / len(runs) < 0.01


@pytest.fixture(params=["first_labels", "second_labels"])
def reading(request, corpus_folder):
    """The files of one of the two readings."""
    return sorted((corpus_folder / request.param).iterdir())


def test_a_reading_fits_the_conversations_it_judges(corpus, reading):
    assert reading
    for path in reading:
        read = json.loads(path.read_text(encoding="utf-8"))
        labels = [UtteranceLabels.model_validate(raw) for raw in read["utterance_labels"]]
        pairs = zip(corpus[read["id"]].conversation.utterances, labels, strict=True)
        assert all(follows_codebook(u.role, given) for u, given in pairs), path.name


def test_a_quarter_of_every_author_s_conversations_is_read_twice(corpus, manifest, reading):
    waiting = set(manifest["read_once"])
    by_author = Counter(c.author for c in corpus.values() if c.author not in waiting)
    twice = Counter(path.stem.split("-")[0] for path in reading)
    assert all(twice[author] / n >= 0.2 for author, n in by_author.items())
    assert len(reading) / by_author.total() >= 0.25


def test_what_was_read_once_is_no_test(manifest):
    assert set(manifest["read_once"]).isdisjoint(manifest["splits"]["test"])


def test_real_speech_is_referred_to_and_not_copied(root):
    sample = json.loads((root / "datasets/real_speech/qmsum.json").read_text(encoding="utf-8"))
    turns = [turn for meeting in sample["meetings"] for turn in meeting["turns"]]
    assert len(turns) == sample["turns"] >= 1500
    known = {"turn", "act", "question_form", "telling_kind", "challenge"}
    assert all(set(turn) <= known for turn in turns)
