"""Splitting a turn into sentences, with or without punctuation.

A spaCy pipeline whose `senter` is trained on the corpus: the utterances of a turn are its
sentences, once as written and once as raw recognised speech.
"""

import random
from collections.abc import Callable, Sequence
from importlib import resources
from typing import Any, Final

from models.augment import degrade
from models.conversation import Utterance
from models.labelled import LabelledConversation

FOLDER: Final = "sentences"
_EPOCHS: Final = 8
_CONFIG: Final = {
    "model": {
        "@architectures": "spacy.Tagger.v2",
        "tok2vec": {
            "@architectures": "spacy.Tok2Vec.v2",
            "embed": {
                "@architectures": "spacy.MultiHashEmbed.v2",
                "width": 64,
                "attrs": ["NORM", "PREFIX", "SUFFIX", "SHAPE", "SPACY"],
                "rows": [3000, 800, 1500, 800, 50],
                "include_static_vectors": False,
            },
            "encode": {
                "@architectures": "spacy.MaxoutWindowEncoder.v2",
                "width": 64,
                "depth": 4,
                "window_size": 2,
                "maxout_pieces": 3,
            },
        },
    }
}


def train_sentences(
    corpus: Sequence[LabelledConversation], report: Callable[[str], None], seed: int = 0
) -> Any:
    """Train the sentence splitter.

    Args:
        corpus: Conversations whose utterances are sentences.
        report: Called with a line of progress per epoch.
        seed: Makes training repeatable.

    Returns:
        A spaCy `Language` with one component, `senter`.
    """
    import spacy
    from spacy.training import Example
    from spacy.util import fix_random_seed, minibatch

    fix_random_seed(seed)
    rng = random.Random(seed)  # noqa: S311 -- shuffling, not a secret
    nlp = spacy.blank("en")
    nlp.add_pipe("senter", config=_CONFIG)
    turns = [turn for item in corpus for turn in turns_of(item, seed)]
    examples = [_example(nlp, turn, Example) for turn in turns]
    optimizer = nlp.initialize(lambda: examples[:200])
    for epoch in range(_EPOCHS):
        rng.shuffle(examples)
        losses: dict[str, float] = {}
        for batch in minibatch(examples, size=64):
            nlp.update(batch, sgd=optimizer, losses=losses, drop=0.1)
        report(f"sentences, epoch {epoch + 1} of {_EPOCHS}, loss {losses['senter']:.0f}")
    return nlp


def turns_of(item: LabelledConversation, seed: int) -> list[list[str]]:
    """Sentences of every turn of a conversation, as written and as recognised speech."""
    written = item.conversation.utterances
    turns = []
    for talk in (written, degrade(written, seed)):
        turn: list[Utterance] = []
        for utterance in talk:
            if turn and turn[-1].speaker != utterance.speaker:
                turns.append([u.text for u in turn])
                turn = []
            turn.append(utterance)
        turns.append([u.text for u in turn])
    return turns


def load_sentences() -> Any:
    """The shipped splitter: a spaCy `Language` that sets sentence starts."""
    import spacy

    return spacy.load(str(resources.files("models") / "artefacts" / FOLDER))


def _example(nlp: Any, sentences: list[str], example: Any) -> Any:
    doc = nlp.make_doc(" ".join(sentences))
    ends, at = set(), 0
    for sentence in sentences:
        ends.add(at)
        at += len(sentence) + 1
    starts = [token.idx in ends for token in doc]
    return example.from_dict(doc, {"sent_starts": starts})
