"""What a killed compilation leaves behind does not stand in the way for ever."""

from __future__ import annotations

import ctypes

import pytest

from probes.backends import null, pytorch

pytestmark = pytest.mark.frameworks


def test_half_a_file_is_removed_so_that_it_is_compiled_again(tmp_path, monkeypatch):
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path))
    from torch._inductor.runtime import cache_dir_utils

    assert cache_dir_utils.cache_dir() == str(tmp_path)
    half = tmp_path / "5l" / "c5l.main.so"
    half.parent.mkdir()
    half.touch()
    with pytest.raises(OSError, match="file too short") as caught:
        ctypes.CDLL(str(half))
    assert pytorch.mend(caught.value)
    assert not half.exists()
    assert not pytorch.mend(caught.value), "nothing is left to mend"


def test_any_other_error_is_left_alone(tmp_path):
    kept = tmp_path / "mine.so"
    kept.touch()
    error = OSError(f"{kept}: file too short")
    assert not pytorch.mend(error)
    assert not null.mend(error)
    assert kept.exists()
