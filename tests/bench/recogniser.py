"""`make bench`, second part: our recogniser and plain `whisper.transcribe` on the same sound.

COACHSCORE_WHISPER_MODEL names real weights. Without it the checkpoint is random and of the
size of "tiny", and always says the same words: then only time and memory mean anything.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from pipeline.audio.decoder import decode
from pipeline.audio.tracks import Track

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "librispeech"
SAMPLES = Path(__file__).resolve().parents[2] / "pipeline" / "samples"
RATE = 16_000
SECONDS = 120
OURS, PLAIN = "ours", "plain"


def talk(folder: Path) -> Path:
    """Two minutes as raw samples: read speech, and after every 20 s of it 10 s of silence."""
    said = []
    for number, file in enumerate(sorted(SHARED.rglob("*.flac"))):
        out = folder / f"{number}.s16"
        decode(file, file.name, 60, out)
        said.append(np.fromfile(out, np.int16))
        if sum(map(len, said)) > SECONDS * RATE * 2 // 3:
            break
    speech = np.concatenate(said)[: SECONDS * RATE * 2 // 3].reshape(-1, 20 * RATE)
    sound = np.pad(speech, ((0, 0), (0, 10 * RATE)))
    path = folder / "talk.s16"
    sound.tofile(path)
    return path


def random_checkpoint(path: Path) -> None:
    """A checkpoint as large as "tiny" that says the same 80 tokens to anything."""
    import torch
    from whisper.model import ModelDimensions, Whisper
    from whisper.tokenizer import get_tokenizer

    torch.manual_seed(0)
    size = 384
    model = Whisper(ModelDimensions(80, 1500, size, 6, 4, 51865, 448, size, 6, 4))
    state = model.state_dict()
    tokenizer = get_tokenizer(True, num_languages=99, language="en", task="transcribe")
    text = (SAMPLES / "02-deal-review-marcus.txt").read_text(encoding="utf-8")
    # No word twice: each one must say which is the next.
    words = list(
        dict.fromkeys(
            t
            for t in tokenizer.encode(text)
            if tokenizer.decode([t]).isalpha() or tokenizer.decode([t])[1:].isalpha()
        )
    )[:80]
    begin = tokenizer.timestamp_begin
    said = [*tokenizer.sot_sequence, begin, *words, begin + 1450, tokenizer.eot]
    # Each position asks for the next token, whatever is heard.
    for block in range(4):
        for part in ("attn.out", "cross_attn.out", "mlp.2"):
            state[f"decoder.blocks.{block}.{part}.weight"].zero_()
            state[f"decoder.blocks.{block}.{part}.bias"].zero_()
    place = {token: at for at, token in enumerate(dict.fromkeys(said))}
    codes = torch.nn.functional.normalize(torch.randn(len(place), size), dim=1)
    state["decoder.token_embedding.weight"].zero_()
    state["decoder.positional_embedding"].zero_()
    for at, token in enumerate(said):
        state["decoder.token_embedding.weight"][token] = codes[place[token]]
        if at + 1 < len(said):
            state["decoder.positional_embedding"][at] = 60 * codes[place[said[at + 1]]]
    torch.save({"dims": vars(model.dims), "model_state_dict": state}, path)


def recognise(way: str, sound: Path, model: str) -> None:
    """Recognise in this process and print seconds, peak memory and words as JSON."""
    import torch
    import whisper

    from pipeline.audio.openai_whisper import WhisperRecogniser
    from pipeline.audio.speech import speech_regions

    torch.set_num_threads(1)
    track = Track(sound, 1, 0)
    loaded = whisper.load_model(model)
    recogniser = WhisperRecogniser(model)
    recogniser.prepare()
    options = {"condition_on_previous_text": False, "word_timestamps": True, "fp16": False}

    def run(seconds: int) -> list[str]:
        if way == PLAIN:
            heard = whisper.transcribe(loaded, track[: seconds * RATE], **options)
            return [w["word"].strip() for s in heard["segments"] for w in s["words"]]
        part = track[: seconds * RATE]
        found = recogniser.transcribe(part, speech_regions(part))
        return [word.text.strip() for passage in found.passages for word in passage.words]

    run(10)  # Compiles the aligner.
    start, used = time.perf_counter(), time.process_time()
    words = run(SECONDS)
    took, used = time.perf_counter() - start, time.process_time() - used
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": took, "cpu": used, "MiB": peak, "words": len(words)}))


def main() -> None:
    """Compare the two in processes of their own, one after the other."""
    if not SHARED.is_dir():
        print("Recogniser: the shared recordings are not here, nothing to compare on.")
        return
    with tempfile.TemporaryDirectory() as folder:
        sound = talk(Path(folder))
        model = os.environ.get("COACHSCORE_WHISPER_MODEL")
        print(f"Recogniser on {SECONDS} s, a third of them silence")
        print(f"  weights: {'real, ' + model if model else 'random, of the size of tiny'}")
        if model is None:
            model = str(Path(folder) / "random.pt")
            random_checkpoint(Path(model))
        found = {}
        for way in (PLAIN, OURS):
            command = [sys.executable, __file__, way, str(sound), model]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            found[way] = json.loads(done.stdout.splitlines()[-1])
            seconds, cpu, peak, words = found[way].values()
            print(f"  {way:6} {seconds:7.1f} s, CPU {cpu:7.1f} s {peak:6.0f} MiB {words:6} words")
        wall, cpu = (found[OURS][key] / found[PLAIN][key] for key in ("seconds", "cpu"))
        print(
            f"  ours takes {wall:.2f} of the time (goal: 0.60 or less), {cpu:.2f} of the CPU time"
        )


if __name__ == "__main__":
    if len(sys.argv) == 4:
        recognise(sys.argv[1], Path(sys.argv[2]), sys.argv[3])
    else:
        main()
