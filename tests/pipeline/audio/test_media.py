import io

import av
import numpy as np
import pytest

from pipeline.audio.formats import MediaError, looks_like_audio
from pipeline.audio.media import decoded, probe

CONTAINERS = [
    ("a.mp3", "libmp3lame", None, 44100),
    ("a.m4a", "aac", "ipod", 44100),
    ("a.wav", "pcm_s16le", None, 8000),
    ("a.ogg", "libopus", None, 48000),
    ("a.opus", "libopus", "ogg", 48000),
    ("a.webm", "libopus", "webm", 48000),
    ("a.flac", "flac", None, 22050),
    ("a.mp4", "aac", None, 48000),
    ("a.mov", "pcm_s16le", None, 16000),
]


def decode(path, max_seconds, name=None):
    with decoded(path, max_seconds, name) as channels:
        return np.stack([sound[:] for sound in channels])


def pitch(sound):
    return np.abs(np.fft.rfft(sound)).argmax() * 16000 / len(sound)


@pytest.mark.parametrize(("name", "codec", "container", "rate"), CONTAINERS)
def test_every_accepted_format_decodes(write, tone, name, codec, container, rate):
    path = write(name, tone, codec, container, rate)
    sound = decode(path, 60)
    assert sound.dtype == np.float32
    assert sound.shape[0] == 1
    assert sound.shape[1] / 16000 == pytest.approx(3, abs=0.15)
    assert pitch(sound[0]) == pytest.approx(440, abs=2)
    assert looks_like_audio(path.read_bytes()[:16])
    info = probe(path)
    assert info.seconds == pytest.approx(3, abs=0.15)
    assert info.channels == 1


def test_vorbis_decodes(write, tone):
    # FFmpeg's own encoder knows only two channels.
    sound = decode(write("a.ogg", np.vstack([tone, tone]), "vorbis"), 60)
    assert pitch(sound[0]) == pytest.approx(440, abs=2)


def test_a_wav_of_unknown_length_is_read_to_its_end(write, tone):
    path = write("a.wav", tone, "pcm_s16le")
    data = path.read_bytes()
    path.write_bytes(data[:4] + b"\xff" * 4 + data[8:])
    assert decode(path, 60).shape == (1, 48000)


def test_the_extension_does_not_matter(write, tone):
    path = write("a.flac", tone, "flac").rename(write("b.wav", tone, "pcm_s16le").parent / "c.mp3")
    assert decode(path, 60).shape[1] == pytest.approx(48000, abs=10)
    assert probe(path).container == "flac"


def test_a_stream_that_states_no_length_is_probed_by_its_packets(write, tone):
    class Pipe(io.RawIOBase):
        def __init__(self):
            self.data = bytearray()

        def writable(self):
            return True

        def write(self, data):
            self.data += data
            return len(data)

    pipe = Pipe()
    with (
        av.open(str(write("a.webm", tone, "libopus", "webm", 48000))) as source,
        av.open(pipe, "w", format="webm") as out,
    ):
        stream = out.add_stream_from_template(source.streams.audio[0])
        for packet in source.demux(audio=0):
            if packet.dts is not None:
                packet.stream = stream
                out.mux(packet)
    path = write("b.wav", tone, "pcm_s16le")
    path.write_bytes(pipe.data)
    assert probe(path).seconds == pytest.approx(3, abs=0.15)
    assert decode(path, 60).shape[1] / 16000 == pytest.approx(3, abs=0.15)


@pytest.mark.parametrize(
    "script",
    [
        "ffconcat version 1.0\nfile secret.wav\n",
        "#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\nsecret.wav\n#EXT-X-ENDLIST\n",
    ],
)
def test_a_playlist_called_wav_is_refused(write, tone, script):
    path = write("secret.wav", tone, "pcm_s16le").with_name("upload.wav")
    path.write_text(script)
    for read in (probe, lambda path: decode(path, 60)):
        with pytest.raises(MediaError, match=r"upload\.wav holds text, such as a playlist"):
            read(path)
    assert not looks_like_audio(script.encode())


def test_ffmpeg_alone_would_have_followed_the_playlist(write, tone):
    path = write("secret.wav", tone, "pcm_s16le").with_name("upload.wav")
    path.write_text("ffconcat version 1.0\nfile secret.wav\n")
    with av.open(str(path)) as container:
        assert sum(frame.samples for frame in container.decode(audio=0)) == 48000


def test_a_recording_over_the_cap_names_the_setting(write, tone):
    path = write("a.flac", tone, "flac")
    with pytest.raises(MediaError, match="COACHSCORE_MAX_AUDIO_HOURS"):
        decode(path, 2)
    assert decode(path, 3.1).shape[1] == 48000


def test_the_cap_counts_decoded_seconds_not_bytes(write):
    path = write("quiet.flac", np.zeros((1, 16000 * 600), np.float32), "flac")
    assert path.stat().st_size < 200_000
    with pytest.raises(MediaError, match="longer than"):
        decode(path, 60)


@pytest.mark.parametrize(
    ("name", "codec", "container"),
    [
        ("a.wav", "pcm_s16le", None),
        ("a.flac", "flac", None),
        ("a.webm", "libopus", "webm"),
        ("a.m4a", "aac", "ipod"),
    ],
)
def test_a_truncated_file_is_refused(write, tone, name, codec, container):
    path = write(name, np.tile(tone, 5), codec, container, 48000)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(MediaError, match="cut short"):
        decode(path, 60)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (bytes(range(256)) * 40, "data of another kind"),
        (b"Coach: How are you?\n" * 50, "text"),
        (b"RIFF\x24\x00\x00\x00WAVEfmt ", "damaged"),
    ],
)
def test_what_is_no_recording_is_refused_in_plain_words(tmp_path, content, message):
    path = tmp_path / "5f2c.bin"
    path.write_bytes(content)
    with pytest.raises(MediaError, match=message) as caught:
        decode(path, 60, "talk.mp3")
    assert "talk.mp3" in caught.value.message


def test_a_video_without_sound_is_refused(tmp_path):
    path = tmp_path / "silent.mp4"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("mpeg4", rate=5, width=64, height=64, pix_fmt="yuv420p")
        for _ in range(5):
            out.mux(stream.encode(av.VideoFrame(64, 64, "yuv420p")))
        out.mux(stream.encode(None))
    with pytest.raises(MediaError, match="without sound"):
        decode(path, 60)


def test_a_missing_file_is_reported(tmp_path):
    with pytest.raises(MediaError, match="not there"):
        probe(tmp_path / "gone.wav")


def test_copies_of_one_channel_become_one(write, tone):
    assert decode(write("a.flac", np.vstack([tone, 0.9 * tone]), "flac"), 60).shape[0] == 1


def test_the_channel_with_sound_is_kept_where_the_other_is_silent(write, tone):
    sound = decode(write("a.flac", np.vstack([0 * tone, tone]), "flac"), 60)
    assert sound.shape[0] == 1
    assert np.abs(sound).max() == pytest.approx(0.3, abs=0.01)


def test_channels_that_take_turns_stay_apart_in_their_order(write, tone):
    halves = np.arange(tone.shape[1]) < tone.shape[1] // 2
    sound = decode(write("a.flac", np.vstack([tone * halves, tone * ~halves]), "flac"), 60)
    assert sound.shape[0] == 2
    loudest = np.abs(sound[:, :20000]).max(axis=1)
    assert loudest == pytest.approx([0.3, 0.0], abs=0.01)


def test_more_than_two_channels_become_one(write, tone):
    assert decode(write("a.flac", np.tile(tone, (6, 1)), "flac"), 60).shape == (1, 48000)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"ID3\x04\x00", True),
        (b"\xff\xfb\x90\x64", True),
        (b"\x00\x00\x00\x20ftypM4A ", True),
        ("﻿WEBVTT".encode("utf-16-le"), False),
        (b"\xff\xfeW\x00E\x00", False),
        (b"RIFF\x00\x00\x00\x00AVI ", False),
        (b"WEBVTT\n", False),
        (b"", False),
    ],
)
def test_audio_is_told_from_text_by_its_first_bytes(data, expected):
    assert looks_like_audio(data) is expected
