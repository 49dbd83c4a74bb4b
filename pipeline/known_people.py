"""What is known of who was there when an analysis is made: names, and an enrolled voice."""

from models.conversation import Transcript
from models.errors import CoachscoreError, UnavailableError
from pipeline.clues import Clues, VoiceMatch
from pipeline.hearing import hear_voices
from pipeline.jobs import Job
from pipeline.people.voices import EnrolledVoices


def clues(job: Job, transcript: Transcript) -> Clues:
    """Who may have been there.

    Args:
        job: The analysis.
        transcript: Of its recording.
    """
    options = job.options
    return Clues(voice=_voice(job, transcript), manager=options.manager, invited=options.invited)


def _voice(job: Job, transcript: Transcript) -> VoiceMatch | None:
    """Who of a recording's speakers has the voice that its owner had enrolled.

    The voices of all speakers are worked out for the comparison, and kept nowhere.
    """
    from pipeline.audio.voiceprints import match

    person = job.options.voice_of
    if person is None or job.options.coach is not None or job.recording.medium != "audio":
        return None
    known = EnrolledVoices(job.place.store.database).get(person)
    if known is None:
        return None
    try:
        with job.fetched() as path:
            heard = hear_voices(path, job.recording.name, transcript, job.place.settings)
    except UnavailableError:
        raise
    except CoachscoreError:
        return None  # The file is gone since it was heard: then what was said decides.
    return match(known.voice, heard)
