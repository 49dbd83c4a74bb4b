"""From a recording to a transcript."""

from collections.abc import Sequence
from pathlib import Path

from models.conversation import Participant, Provenance, Segment, Transcript
from models.errors import CoachscoreError
from pipeline.audio.channels import SAMPLE_RATE, Sound
from pipeline.audio.crosstalk import by_channel, channel_regions
from pipeline.audio.diarization import Diarizer, diarize
from pipeline.audio.media import decoded
from pipeline.audio.speech import speech_regions
from pipeline.audio.stand_in import NOTE, is_stand_in
from pipeline.audio.transcription import Recogniser, Recognition
from pipeline.audio.turns import Turn, assign_speakers, to_segments
from pipeline.progress import Progress, silent


class NoSpeechError(CoachscoreError):
    """A recording in which nobody says anything that can be recognised."""

    title = "There is no speech in the recording"


def transcribe_recording(
    path: Path,
    name: str,
    *,
    recogniser: Recogniser,
    max_seconds: float,
    progress: Progress | None = None,
    folder: Path | None = None,
    diarizer: Diarizer = diarize,
) -> Transcript:
    """Decode a recording, recognise its words and tell its speakers apart.

    Args:
        path: Where the bytes are.
        name: What the user calls the file.
        recogniser: What turns speech into words.
        max_seconds: Longest recording accepted, in decoded seconds.
        progress: Called with a phase (decode, speech, voices, recognise) and its share
            done, 0 to 1.
        folder: Where the sound is decoded to, and deleted again; the system's by default.
        diarizer: What tells the speakers of one channel apart.

    Returns:
        Segments with word times, speakers and the confidence in them, in the language
        that was detected.

    Raises:
        EngineMissing: A library is not installed.
        DiarizerMissing: The weights of the diarizer are missing.
        WhisperModelMissing: There is no model; the recording has not been touched.
        MediaError: The recording cannot be decoded.
        NoSpeechError: There is nothing to recognise in it.
    """
    made_by = recogniser.prepare()
    tell = progress or silent
    tell("decode", 0.0)
    with decoded(path, max_seconds, name, folder) as channels:
        turns, heard, how = _heard(channels, name, recogniser, diarizer, tell)
    segments = to_segments(turns)
    if not segments:
        raise NoSpeechError(f"Voices were found in {name}, but no words were recognised.")
    speakers = dict.fromkeys(s.speaker for s in segments if s.speaker)
    return Transcript(
        segments=segments,
        participants=tuple(Participant(speaker=speaker) for speaker in speakers),
        language=heard.language,
        source_format="audio",
        made_by=made_by,
        notes=_notes(made_by, how, segments, heard),
    )


def _heard(
    channels: Sequence[Sound],
    name: str,
    recogniser: Recogniser,
    diarizer: Diarizer,
    progress: Progress,
) -> tuple[tuple[Turn, ...], Recognition, str]:
    """Recognise by channel where both channels speak, else by voice."""

    def recognised(share: float) -> None:
        progress("recognise", share)

    progress("speech", 0.0)
    mono = channels[0]
    if len(channels) == 2:
        regions = channel_regions(channels)
        if all(regions):
            recognised(0.0)
            return *by_channel(channels, regions, recogniser, recognised), "by channel"
        mono = channels[1 if regions[1] else 0]
    speech = speech_regions(mono)
    if not speech:
        seconds = len(mono) / SAMPLE_RATE
        raise NoSpeechError(
            f"{name} holds {seconds:.0f} s of sound, but nobody speaks in it. "
            "Check that the microphone was on and that it is the right file."
        )
    progress("voices", 0.0)
    spans = diarizer(mono, speech)
    recognised(0.0)
    heard = recogniser.transcribe(mono, speech, progress=recognised)
    how = "by voice" if len({span.speaker for span in spans}) > 1 else "one voice"
    return tuple(assign_speakers(heard.passages, spans)), heard, how


def _notes(
    made_by: Provenance, how: str, segments: tuple[Segment, ...], heard: Recognition
) -> tuple[str, ...]:
    """Say whether a stand-in heard it, how sure the speakers are and what was left out."""
    seconds = [(s.end or 0.0) - (s.start or 0.0) + 0.01 for s in segments]
    sure = sum(s.speaker_confidence * t for s, t in zip(segments, seconds, strict=True))
    confidence = f"confidence {sure / sum(seconds):.2f}"
    speakers = {
        "by channel": f"speakers were separated by channel; {confidence}",
        "by voice": f"speakers were separated by voice; {confidence}",
        "one voice": "only one voice was told apart; if more people spoke, the speakers are wrong",
    }
    left_out = {
        "mere repetition by the recogniser": heard.repetitive,
        "stock phrases that it hears in near-silence": heard.invented,
    }
    counted = (f"left out as {what}: {n} passage(s)" for what, n in left_out.items() if n)
    warned = [NOTE] if is_stand_in(made_by) else []
    return *warned, speakers[how], *counted
