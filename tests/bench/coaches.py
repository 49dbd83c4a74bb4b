"""`.venv/bin/python tests/bench/coaches.py`: who coaches by what is said, on the dev split.

The classifier is fitted on the training split. How sure it is, is settled on one dev author
and judged on the other, so that no figure is of conversations that had a part in it.
"""

import copy
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from models.labelled import LabelledConversation, read_corpus, read_splits
from models.roles import RoleModel
from pipeline.settings import Settings

CORPUS = Path(__file__).parents[2] / "datasets" / "coachtalk"
CERTAIN = Settings.model_fields["role_confidence"].default


def parts(talk: LabelledConversation) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """A conversation, its first five minutes, its first ten utterances, and any ten."""
    lines = [(u.speaker, u.text) for u in talk.conversation.utterances]
    yield "full conversations", lines
    yield "first 30 utterances", lines[:30]
    yield "first 10 utterances", lines[:10]
    for start in range(0, len(lines) - 9, 10):
        yield "any 10 utterances", lines[start : start + 10]


def judge(
    model: RoleModel, talks: Sequence[LabelledConversation], found: dict[str, list[tuple]]
) -> None:
    """Note for each part how sure the model is and whether it is right."""
    for talk in talks:
        for name, lines in parts(talk):
            if len({speaker for speaker, _ in lines}) > 1:
                chances = model.probabilities(lines)
                best = max(chances, key=lambda who: chances[who])
                right = best == talk.conversation.roles.coach
                found.setdefault(name, []).append((chances[best], right))


def main() -> None:
    """Print the table."""
    splits, everything = read_splits(CORPUS), read_corpus(CORPUS / "conversations")
    fitted = RoleModel().fit([t for t in everything if t.author in splits["train"]])
    found: dict[str, list[tuple]] = {}
    for author in splits["dev"]:
        others = [t for t in everything if t.author in splits["dev"] and t.author != author]
        model = copy.copy(fitted).calibrate(others)
        print(f"judged on {author}: steepness {model.steepness[0]:.2f} {model.steepness[1]:.2f}")
        judge(model, [t for t in everything if t.author == author], found)
    print("                        n   right   mean confidence   wrong   of them “certain”   asked")
    for name, rows in found.items():
        sure, right = np.array(rows, dtype=float).T
        print(
            f"{name:20} {len(rows):4} {100 * right.mean():6.1f} % {100 * sure.mean():14.1f} %"
            f" {int((1 - right).sum()):7} {int(((1 - right) * (sure >= CERTAIN)).sum()):11}"
            f" {100 * (sure < CERTAIN).mean():15.1f} %"
        )


if __name__ == "__main__":
    main()
