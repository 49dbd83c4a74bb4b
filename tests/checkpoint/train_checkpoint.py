# ruff: noqa: S311, T201
"""Train the small Whisper that the tests listen with: python tests/checkpoint/train_checkpoint.py

Needs espeak-ng, flite and their voices (README.md beside this file). Everything it makes on
the way lies in a folder that may be thrown away; run again, it goes on from there.
"""

import argparse
import io
import random
import zipfile
from collections.abc import Sequence
from pathlib import Path

import torch
from batches import scaled
from clips import Clip, load, make, sentences
from errors import word_error_rate
from network import Network
from training import Lesson, train
from vocabulary import Vocabulary

_JOINED = (0.15, 0.05, 0.1, 0.1, 0.15, 0.2, 0.25)
LESSONS = (
    Lesson(14, 3e-3, 0.2, 30, (1.0,), whole=False, words=0, sounds=1, guided=0, natural=0.6),
    Lesson(8, 3e-3, 0.2, 40, (1.0,), whole=False, words=1, sounds=0, guided=0.4, natural=0.6,
           kept=6000),
    Lesson(26, 2e-3, 0.1, 36, (0.7, 0.2, 0.1), whole=False, words=1, sounds=0.5, guided=0.2,
           natural=0.85),
    Lesson(14, 9e-4, 0.03, 60, _JOINED, whole=True, words=1, sounds=0.3, guided=0.2, natural=0.85),
    Lesson(26, 2e-3, 0.03, 120, _JOINED, whole=True, words=1, sounds=0, guided=0.4, natural=0.9,
           kept=2400),
)  # fmt: skip
SHIPPED = Path(__file__).resolve().parent / "coachscore-test-whisper.pt"
# Every sound that espeak-ng's English writes.
SOUNDS = "abdefhijklmnopstuvwxzæðŋɐɑɒɔəɚɛɜɡɪɬɹɾʃʊʌʒʔ̩θᵻ"  # noqa: RUF001 -- IPA


class Clips:
    """The clips that are made so far; those last made are kept apart to look at."""

    def __init__(self, folder: Path) -> None:
        """Read a folder, and again whenever more may be there."""
        self.folder, self.seen, self.kept = folder, set[str](), list[Clip]()

    def __call__(self) -> Sequence[Clip]:
        """All clips that are there by now."""
        known = {*SOUNDS, " "}
        self.kept += [c for c in load(self.folder, self.seen) if known.issuperset(c.phonemes)]
        return self.kept


def main() -> None:
    """Make clips if asked to, then train and write the checkpoint."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True, help="folder for what is made")
    parser.add_argument("--out", type=Path, default=SHIPPED)
    parser.add_argument("--rounds", type=int, default=2, help="readings of every sentence")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--no-clips", action="store_true", help="another process makes them")
    parser.add_argument("--lessons", default="12345", help="which of the five to give")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    if not options.no_clips:
        make(options.work / "clips", options.rounds)
    network = Network(Vocabulary.of(sentences("train")), SOUNDS)
    kept = options.work / "network.pt"
    if kept.exists():
        network.load_state_dict(torch.load(kept))
    held = list(load(options.work / "held", set()))
    clips = Clips(options.work / "clips")
    for lesson in (LESSONS[int(number) - 1] for number in options.lessons):

        def look(step: int, line: str) -> None:
            print(step, line, f"{len(clips.kept)} clips", flush=True)
            if step % 100 == 0:
                _write(network, kept, options.out)
                _listen(network, held)

        train(network, clips, lesson, random.Random(lesson.minutes), look)
        _write(network, kept, options.out)


def _write(network: Network, kept: Path, out: Path) -> None:
    torch.save(network.state_dict(), kept)
    whole = io.BytesIO()
    torch.save(network.checkpoint(), whole)
    # torch reads a compressed archive as well, and nine tenths of the embedding is one row.
    with zipfile.ZipFile(whole) as plain, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as small:
        for name in plain.namelist():
            small.writestr(name, plain.read(name))


def _listen(network: Network, held: Sequence[Clip]) -> None:
    """Say how many words of sentences of the dev split are heard wrong."""
    for name in sorted({clip.voice.split(":")[0] for clip in held}):
        some = [clip for clip in held if clip.voice.startswith(name)][:24]
        longest = max(clip.mel.shape[1] for clip in some) + 20 & ~1
        mels = torch.full((len(some), 80, longest), -10.0).numpy()
        for at, clip in enumerate(some):
            mels[at, :, : clip.mel.shape[1]] = clip.mel
        heard = network.greedy(torch.from_numpy(scaled(mels)))
        rate = word_error_rate((c.text, h) for c, h in zip(some, heard, strict=True))
        print(f"   {name}: {rate:.1%} of words wrong; {some[0].text!r} -> {heard[0]!r};"
              f" {some[1].text!r} -> {heard[1]!r}", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
