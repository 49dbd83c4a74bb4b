"""What is no transcript gets one error that says what was found and what is accepted."""

import io
import zipfile

import pytest

from pipeline.captions import reader
from pipeline.captions.docx_content import MAX_UNPACKED_BYTES
from pipeline.captions.errors import TranscriptError
from pipeline.captions.reader import read_transcript


def zipped(**parts: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in parts.items():
            package.writestr(name.replace("__", "/").replace("_xml", ".xml"), data)
    return buffer.getvalue()


REFUSED = {
    "empty": (b"", "the file is empty"),
    "blank": (b" \r\n\t", "the file is empty"),
    "pdf": (b"%PDF-1.7 ...", "a PDF"),
    "old word": (b"\xd0\xcf\x11\xe0\xa1\xb1", "an old Office document"),
    "sound": (b"RIFF\x00\x00\x00\x00WAVE", "a sound or video file"),
    "video": (b"\x00\x00\x00\x18ftypmp42", "a sound or video file"),
    "binary": (bytes(range(256)) * 4, "binary data"),
    "bare sound": (b"\xff\xf3" + bytes(range(1, 256)) * 300, "binary data"),
    "log": (b"INFO: started\nERROR: lost\nINFO: ended\nERROR: lost\n", "starts with 'INFO:"),
    "list": (b"name: a\nsize: 1\nname: b\nsize: 2\nname: c\nsize: 3\n", "starts with 'name: a"),
    "zip": (zipped(notes=b"Dana: Hello"), "a zip that is not a Word document"),
    "cut zip": (zipped(notes=b"Dana: Hello")[:40], "a damaged zip"),
    "cut word": (zipped(word__document_xml=b"<w:doc"), "a damaged Word document"),
    "prose": (b"Dear all,\nplease find the plan below. It is long.\n", "starts with 'Dear all,"),
    "mail": (b"From: Dana\nTo: Marcus\nSubject: Plan\nDate: Monday\n", "starts with 'From: Dana"),
    "settings": (b"host: a\nport: 1\nuser: b\npath: c\nmode: d\nsize: e\n", "starts with 'host: a"),
    "contents": (b"Opening  0:10\nAgenda  0:20\nClosing  0:30\n", "starts with 'Opening 0:10"),
    "page": (b"<!doctype html><html><body>Hi</body></html>", "starts with '<!doctype html>"),
    "other json": (b'{"name": "x", "items": []}', "an object with the keys name, items"),
    "other array": (b'[{"a": 1}]', "an array of objects with the keys a"),
    "numbers": (b"[1, 2]", "an array"),
    "broken json": (b'{"utterances": [', "no JSON either"),
    "deep json": (b"[" * 200_000, "no JSON either"),
    "long number": (b"[" + b"9" * 10_000 + b"]", "no JSON either"),
    "no cues": (b"WEBVTT\n\nNOTE nothing here\n", "without any words"),
    "no words": (b"WEBVTT\n\n00:01.000 --> 00:02.000\n...\n", "without any words"),
    "no sentences": (b'{"callTranscripts": []}', "without any words"),
}


@pytest.mark.parametrize(("data", "found"), REFUSED.values(), ids=REFUSED)
def test_the_error_names_the_file_what_was_found_and_what_is_accepted(data, found):
    with pytest.raises(TranscriptError) as caught:
        read_transcript(data, "call 7.vtt")
    message = str(caught.value)
    assert "'call 7.vtt'" in message
    assert found in message
    assert "WebVTT (Zoom, Teams, Stream)" in message


def test_a_word_document_of_another_kind_is_refused(word):
    with pytest.raises(TranscriptError, match="no transcript: it starts with 'The plan"):
        read_transcript(word(("The plan for March",), (("Item", "Price"), ("Pen", "2"))), "a.docx")


def test_a_zip_bomb_is_refused_before_it_is_unpacked():
    bomb = zipped(word__document_xml=b"<" + b" " * MAX_UNPACKED_BYTES)
    with pytest.raises(TranscriptError, match="unpacks to too much"):
        read_transcript(bomb, "a.docx")


def test_a_file_over_the_limit_is_refused(monkeypatch, samples):
    monkeypatch.setattr(reader, "MAX_BYTES", 100)
    with pytest.raises(TranscriptError, match="more than the"):
        read_transcript(samples["zoom.vtt"], "a.vtt")
