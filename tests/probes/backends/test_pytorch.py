"""Where compiled code lies, what a killed compilation leaves there, and tensors as arrays."""

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


def test_compiled_code_lies_where_it_was_said(tmp_path, monkeypatch):
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", "elsewhere")
    from torch._inductor.runtime import cache_dir_utils

    pytorch.keep_compiled(str(tmp_path))

    assert cache_dir_utils.cache_dir() == str(tmp_path)


def test_a_loss_is_fetched_out_of_its_graph():
    import torch

    loss = torch.tensor([3.0, 4.0], requires_grad=True).norm()

    assert pytorch.fetched(loss) == 5.0
