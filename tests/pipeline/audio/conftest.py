"""Recordings and a Whisper checkpoint made for these tests."""

from functools import cache
from pathlib import Path

import av
import numpy as np
import pytest
import torch

from pipeline.audio.media import decoded

RATE = 16_000
SHARED = Path(__file__).resolve().parents[4] / "shared" / "data"


def decode(path):
    """A short recording in memory, shape (channels, samples)."""
    with decoded(path, 60) as channels:
        return np.stack([sound[:] for sound in channels])


@pytest.fixture(scope="session", autouse=True)
def _few_threads():
    torch.set_num_threads(2)


@pytest.fixture
def write(tmp_path):
    """Write sound of shape (channels, samples) with PyAV; returns the path."""

    def _write(name, sound, codec, container=None, rate=RATE):
        path = tmp_path / name
        layout = {1: "mono", 2: "stereo", 6: "5.1"}[len(sound)]
        with av.open(str(path), "w", format=container) as out:
            stream = out.add_stream(
                codec, rate=rate, layout=layout, options={"strict": "experimental"}
            )
            packed = np.ascontiguousarray(sound.T.reshape(1, -1) * 32767).astype(np.int16)
            frame = av.AudioFrame.from_ndarray(packed, format="s16", layout=layout)
            frame.sample_rate = RATE
            resampler = av.AudioResampler(
                stream.format, layout, rate, frame_size=stream.codec_context.frame_size or None
            )
            for resampled in [*resampler.resample(frame), *resampler.resample(None)]:
                out.mux(stream.encode(resampled))
            out.mux(stream.encode(None))
        return path

    return _write


@pytest.fixture(scope="session")
def tone():
    """Three seconds of 440 Hz, shape (1, samples)."""
    return 0.3 * np.sin(2 * np.pi * 440 * np.arange(3 * RATE) / RATE, dtype=np.float32)[None]


@pytest.fixture(scope="session")
def speech():
    """Eleven seconds of a real speech, shape (samples,)."""
    if not (SHARED / "jfk.flac").exists():
        pytest.skip("the shared recordings are not here")
    return decode(SHARED / "jfk.flac")[0]


@pytest.fixture(scope="session")
def readers():
    """Two people reading, about 30 s each: a pair of arrays of shape (samples,)."""
    if not (SHARED / "librispeech").is_dir():
        pytest.skip("the shared recordings are not here")
    return tuple(
        np.concatenate(
            [decode(f)[0] for f in sorted((SHARED / "librispeech" / who).glob("*.flac"))[:6]]
        )
        for who in ("1998", "2414")
    )


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory):
    """Make a checkpoint in openai-whisper's format that always hears the same words."""
    from whisper.model import ModelDimensions, Whisper
    from whisper.tokenizer import get_tokenizer

    folder = tmp_path_factory.mktemp("checkpoints")
    size = 64

    @cache
    def _make(text, language="de"):
        tokenizer = get_tokenizer(True, num_languages=99, language=language, task="transcribe")
        words = tokenizer.encode(text)
        begin = tokenizer.timestamp_begin
        said = [*tokenizer.sot_sequence, begin, *words, begin + 1500, tokenizer.eot]
        place = {token: at for at, token in enumerate(dict.fromkeys(said))}
        dims = ModelDimensions(80, 1500, size, 1, 1, 51865, 448, size, 1, 1)
        state = {k: torch.zeros_like(v) for k, v in Whisper(dims).state_dict().items()}
        for key, value in state.items():
            if "ln" in key and key.endswith("weight"):
                value[:] = 1.0
        # Each position asks for the next token: the text is the same for any sound.
        for token, at in place.items():
            state["decoder.token_embedding.weight"][token, at] = 1.0
        for at, token in enumerate(said[1:]):
            state["decoder.positional_embedding"][at, place[token]] = 8.0
        state["decoder.ln.weight"][:] = 5.0
        # Each word looks at its own 0.4 s of sound, so that words have times.
        for frame in range(1500):
            token = words[min(frame // 20, len(words) - 1)]
            state["encoder.positional_embedding"][frame, place[token]] = 8.0
        for part in ("query", "key"):
            state[f"decoder.blocks.0.cross_attn.{part}.weight"] = torch.eye(size)
        path = folder / f"{language}-{len(list(folder.iterdir()))}.pt"
        torch.save({"dims": vars(dims), "model_state_dict": state}, path)
        return path

    return _make


# openai-whisper's names of weights, and those of transformers.
NAMES = {
    "blocks": "layers",
    "cross_attn_ln": "encoder_attn_layer_norm",
    "cross_attn": "encoder_attn",
    "attn_ln": "self_attn_layer_norm",
    "attn": "self_attn",
    "query": "q_proj",
    "key": "k_proj",
    "value": "v_proj",
    "out": "out_proj",
    "mlp_ln": "final_layer_norm",
    "ln_post": "layer_norm",
    "ln": "layer_norm",
    "token_embedding": "embed_tokens",
    "positional_embedding": "embed_positions.weight",
}


def renamed(key):
    key = key.replace("mlp.0", "fc1").replace("mlp.2", "fc2")
    return "model." + ".".join(NAMES.get(part, part) for part in key.split("."))


@pytest.fixture(scope="session")
def tokenizer_file(tmp_path_factory):
    """Whisper's tokens as the tokenizers library reads them."""
    import whisper
    from transformers.convert_slow_tokenizer import TikTokenConverter
    from whisper.tokenizer import get_tokenizer

    own = get_tokenizer(True, num_languages=99, language="en", task="transcribe")
    ids = own.encoding._special_tokens
    made = TikTokenConverter(
        vocab_file=str(Path(whisper.__file__).parent / "assets" / "multilingual.tiktoken"),
        pattern=own.encoding._pat_str,
        extra_special_tokens=sorted(ids, key=ids.get),
    ).converted()
    path = tmp_path_factory.mktemp("tokenizer") / "tokenizer.json"
    made.save(str(path))
    return path


@pytest.fixture(scope="session")
def convert(tmp_path_factory, tokenizer_file):
    """Convert an openai-whisper checkpoint for CTranslate2, by way of transformers."""
    from ctranslate2.converters import TransformersConverter
    from transformers import (
        GenerationConfig,
        PreTrainedTokenizerFast,
        WhisperConfig,
        WhisperForConditionalGeneration,
    )

    folder = tmp_path_factory.mktemp("converted")

    @cache
    def _convert(path):
        saved = torch.load(path)
        dims = saved["dims"]
        config = WhisperConfig(
            vocab_size=dims["n_vocab"],
            num_mel_bins=dims["n_mels"],
            d_model=dims["n_text_state"],
            encoder_layers=dims["n_audio_layer"],
            encoder_attention_heads=dims["n_audio_head"],
            decoder_layers=dims["n_text_layer"],
            decoder_attention_heads=dims["n_text_head"],
            encoder_ffn_dim=4 * dims["n_audio_state"],
            decoder_ffn_dim=4 * dims["n_text_state"],
        )
        model = WhisperForConditionalGeneration(config)
        state = {renamed(key): value for key, value in saved["model_state_dict"].items()}
        state["proj_out.weight"] = state["model.decoder.embed_tokens.weight"]
        model.load_state_dict(state)
        tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(tokenizer_file))
        languages = tokenizer.convert_tokens_to_ids(["<|en|>", "<|su|>"])
        model.generation_config = GenerationConfig(
            suppress_tokens=[],
            begin_suppress_tokens=[220, 50257],
            lang_to_id={str(at): at for at in range(languages[0], languages[1] + 1)},
        )
        source, target = folder / f"{path.stem}-transformers", folder / path.stem
        model.save_pretrained(source)
        tokenizer.save_pretrained(source)
        TransformersConverter(str(source), copy_files=["tokenizer.json"]).convert(str(target))
        return target

    return _convert


@pytest.fixture(scope="session")
def german(checkpoint):
    """A checkpoint that hears six German words."""
    return checkpoint(" Was ist dir heute wichtig geworden?")
