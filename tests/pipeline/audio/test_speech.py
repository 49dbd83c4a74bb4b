from itertools import pairwise

import numpy as np
import pytest

from pipeline.audio.speech import Region, cut_out, speech_regions
from pipeline.audio.windows import Window, windows


def test_silence_and_noise_hold_no_speech():
    noise = np.random.default_rng(0).normal(0, 0.01, 160_000).astype(np.float32)
    assert speech_regions(np.zeros(160_000, np.float32)) == ()
    assert speech_regions(noise) == ()
    assert speech_regions(np.zeros(0, np.float32)) == ()


def test_speech_is_found_where_it_is(speech):
    gap = np.zeros(5 * 16000, np.float32)
    regions = speech_regions(np.concatenate([gap, speech, gap, speech, gap]))
    assert 5 <= regions[0].start <= 5.5
    assert all(r.end <= 16.3 or r.start >= 20.7 for r in regions)
    assert regions[-1].end <= 32.3
    assert sum(r.seconds for r in regions) > 0.75 * 22
    assert all(a.end <= b.start for a, b in pairwise(regions))


def test_speech_without_a_pause_is_cut_to_fit_a_window(speech):
    # From the first word to the last, with the pauses taken out.
    spoken = cut_out(speech, [Region(r.start + 0.3, r.end - 0.3) for r in speech_regions(speech)])
    regions = speech_regions(np.tile(spoken, 10))
    assert max(r.seconds for r in regions) <= 30
    assert sum(r.seconds for r in regions) == pytest.approx(len(spoken) * 10 / 16000, rel=0.1)


def test_windows_hold_neighbours_up_to_30_seconds():
    regions = [Region(i * 20.0, i * 20.0 + 9) for i in range(7)]
    packed = list(windows(regions))
    assert [len(window.regions) for window in packed] == [3, 3, 1]
    assert [region for window in packed for region in window.regions] == regions
    assert list(windows([])) == []


def test_a_window_leads_back_to_the_recording():
    window = Window((Region(10.0, 14.0), Region(20.0, 23.0)))
    assert window.seconds == 7
    assert window.place(1.0, 1.5) == (11.0, 11.5)
    assert window.place(4.5, 5.0) == (20.5, 21.0)
    assert window.place(3.9, 4.5) == (20.0, 20.5)


def test_what_is_left_of_a_window_is_a_window():
    window = Window((Region(10.0, 14.0), Region(20.0, 23.0)))
    assert window.after(1.0).regions == (Region(11.0, 14.0), Region(20.0, 23.0))
    assert window.after(5.0).regions == (Region(21.0, 23.0),)
    assert window.after(6.9) is None
