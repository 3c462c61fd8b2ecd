"""Each framework's own defaults in words, and how a user sets one."""

from __future__ import annotations

import pytest

from probes.wording import framework_defaults

NAMES = {"pytorch": "PyTorch", "tensorflow": "TensorFlow"}
DIFFERING = {
    "onednn": {"pytorch": True, "tensorflow": False},
    "layout": {"pytorch": "channels first", "tensorflow": "channels last"},
}
NOTHING_PASSED = {"pytorch": {"set": {}}, "tensorflow": {"set": {}}}


def test_a_default_that_moves_results_is_told_with_the_option_that_sets_it():
    said = framework_defaults.line(DIFFERING, NOTHING_PASSED, names=NAMES)

    assert "oneDNN on in PyTorch, off in TensorFlow" in said
    assert "--set tensorflow:TF_ENABLE_ONEDNN_OPTS=1" in said
    assert "channels" not in said
    assert "oneDNN：PyTorch 开启，TensorFlow 关闭" in framework_defaults.line(
        DIFFERING, NOTHING_PASSED, "zh", names=NAMES
    )


def test_what_was_passed_is_told_and_not_advised_again():
    passed = {**NOTHING_PASSED, "tensorflow": {"set": {"TF_ENABLE_ONEDNN_OPTS": "0"}}}

    said = framework_defaults.line(DIFFERING, passed, names=NAMES)

    assert "TF_ENABLE_ONEDNN_OPTS=0 was passed" in said
    assert "--set" not in said


def test_the_layout_which_always_differs_is_a_caption_alone():
    layout = {"layout": DIFFERING["layout"]}

    assert framework_defaults.line(layout, NOTHING_PASSED) == ""
    assert framework_defaults.quiet(layout, "zh", names=NAMES) == "图像布局：PyTorch 通道在前，TensorFlow 通道在后"


def test_what_cannot_be_read_back_is_said():
    environment = {"defaults": {"instruction_set": None, "onednn": True}, "set": {"A": "1"}}

    assert framework_defaults.read_back(environment, "en") == {
        "instruction_set": "cannot be read back",
        "onednn": "on",
        "set": "A=1",
    }
    assert framework_defaults.read_back({"threads": 1}, "en") == {}


@pytest.mark.parametrize("strange", [5, "x", ["onednn"], {"onednn": True}, {"onednn": {"nobody": False}}])
def test_a_strange_file_breaks_nothing(strange):
    found = framework_defaults.of({"defaults": strange})

    framework_defaults.line(found, {"nobody": "no environment"}, names=NAMES)
    assert framework_defaults.read_back({"defaults": strange, "set": strange}, "zh")
