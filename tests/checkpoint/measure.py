# ruff: noqa: S311, T201
"""Word error rates of the checkpoint: python tests/checkpoint/measure.py

Sentences are of the dev split, none of which it trained on, and of the training split; they
are read by voices that it trained on and by voices that it never heard. Each is heard by
itself, as openai-whisper hears a file with its own defaults.
"""

import argparse
import random
from pathlib import Path

import torch
import whisper
from clips import sentences
from errors import word_error_rate
from train_checkpoint import SHIPPED
from voices import ACCENTS, UNSEEN, VARIANTS, speak

_SEEN = ("flite:slt", "flite:rms", "espeak")


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=SHIPPED)
    parser.add_argument("--count", type=int, default=30, help="sentences for each row")
    options = parser.parse_args()
    torch.set_num_threads(1)
    model = whisper.load_model(str(options.model))
    train = sentences("train")
    dev = [text for text in sentences("dev") if text not in set(train)]
    print("| voice | trained on | sentences | words wrong |\n|---|---|---|---|")
    for voice in (*_SEEN, *UNSEEN):
        seen = "no" if voice in UNSEEN else "yes"
        rows = {"unseen": dev, "trained on": train} if voice in _SEEN else {"unseen": dev}
        for kind, texts in rows.items():
            rate = word_error_rate(
                (text, hear(model, text, voice)) for text in texts[-options.count :]
            )
            print(f"| {voice} | {seen} | {kind} | {rate:.0%} |", flush=True)


def hear(model: whisper.Whisper, text: str, voice: str) -> str:
    """What the model hears when a voice says a text."""
    if voice == "espeak":
        chance = random.Random(text)
        variant = chance.choice(VARIANTS)
        voice = f"espeak:{chance.choice(ACCENTS)}" + (f"+{variant}" if variant else "")
    found = whisper.transcribe(
        model, speak(text, voice).sound, fp16=False, condition_on_previous_text=False
    )
    return str(found["text"])


if __name__ == "__main__":
    main()
