"""Whole conversations: their labels, the score against ratings, and who is taken for the coach."""

from typing import Final

from models.combined import CombinedTagger
from models.conversation import Provenance, Segment, Transcript
from models.labelled import LabelledConversation
from pipeline.evaluation import evaluate_tagged
from pipeline.roles import assign_roles
from pipeline.settings import Settings
from pipeline.study.families import Corpus, Predicted, tagged, talks_of
from pipeline.study.values import ConversationResults

EARLY: Final = 30  # Utterances: about the first five minutes.


def conversation_results(
    tagger: CombinedTagger, found: Predicted, settings: Settings
) -> ConversationResults:
    """Conversation labels, scores and roles as the product gives them.

    Args:
        tagger: The shipped one; its blend and thresholds make the tags.
        found: Probabilities of its families.
        settings: For the rubric folder.
    """
    matrix = tagger.blend.predict(found.clean)
    given = tagged(tagger, found.corpus, talks_of(found.corpus), matrix)
    result = evaluate_tagged(found.corpus, given, settings)
    return ConversationResults(
        labels=result.conversation_labels,
        score=result.score_correlation,
        criteria=result.criterion_correlations,
        coverage=result.interval_coverage,
        without_score=result.without_score,
        coach_found=coach_found(found.corpus, None),
        coach_found_early=coach_found(found.corpus, EARLY),
    )


def coach_found(corpus: Corpus, first: int | None) -> float:
    """Share of conversations whose coach is found from what is said alone.

    Args:
        corpus: Conversations with known roles.
        first: Utterances to go by, None for all.
    """
    right = [_finds_coach(item, first) for item in corpus]
    return round(sum(right) / len(right), 3)


def _finds_coach(item: LabelledConversation, first: int | None) -> bool:
    spoken = item.conversation.utterances[:first]
    transcript = Transcript(
        segments=tuple(Segment(index=u.index, speaker=u.speaker, text=u.text) for u in spoken),
        source_format="labelled",
        made_by=Provenance(name="labels", version="1"),
    )
    return assign_roles(transcript, None).coach == item.conversation.roles.coach
