"""What is said in passing: what never leaves a device, others' hardware, pictures that are made, words that only deny
a part."""

from __future__ import annotations

import pytest

from advisor import reading
from advisor.knowledge.loading import load_knowledge
from advisor.model.needs import Needs

KNOWLEDGE = load_knowledge()


def _needs(text: str) -> Needs:
    return reading.read(text, KNOWLEDGE).needs


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("The tax form is read in the browser; no page may ever leave the browser.", "web"),
        ("A sleep tracker for Android: nothing leaves the phone.", "mobile"),
        ("病历助手做在安卓手机里，内容不能离开手机。", "mobile"),
    ],
)
def test_what_never_leaves_a_place_runs_there_and_on_no_server(text: str, place: str) -> None:
    needs = _needs(text)
    assert needs.options("deploy") == (place,)
    assert place not in needs.excluded.get("deploy", ())


def test_to_leave_their_phones_behind_takes_nothing_from_a_denial() -> None:
    needs = _needs("A phone app is not an option because visitors leave their phones at the gate.")
    assert needs.excluded["deploy"] == ("mobile",)


@pytest.mark.parametrize(
    "text",
    [
        "My card is a Radeon RX 7800, but every guide says one needs an NVIDIA card.",
        "They had 512 GPUs for it; I have a laptop.",
        "The container holds 5 GB of CUDA although we only need the processor.",
    ],
)
def test_the_hardware_of_others_is_not_ours(text: str) -> None:
    needs = _needs(text)
    assert "nvidia" not in needs.options("hardware")
    assert needs.options("scale") != ("multi-node",)


@pytest.mark.parametrize(
    ("text", "domains"),
    [
        ("We train a GAN that makes pictures of shoes.", {"generative"}),
        ("We sort pictures of shoes.", {"vision"}),
        ("We detect faces in photos and generate images of rooms.", {"vision", "generative"}),
        ("想训练一个生成海报图片的扩散模型", {"generative"}),
    ],
)
def test_pictures_that_are_made_are_no_vision_of_their_own(text: str, domains: set[str]) -> None:
    assert set(_needs(text).options("domain")) == domains


def test_a_denied_part_of_a_field_does_not_deny_the_field() -> None:
    needs = _needs("Its camera counts the bees at the hive; no video is stored.")
    assert needs.options("domain") == ("vision",)
    assert "domain" not in needs.excluded


def test_a_latin_name_ends_where_chinese_begins() -> None:
    needs = _needs("打算用Qwen2.5做lora微调")
    assert needs.options("domain") == ("llm",)
    assert needs.options("pretrained") == ("fine-tune",)


@pytest.mark.parametrize(
    "text", ["I can't flash the demo onto my Arduino board.", "We cannot upload it to our ESP32, any idea?"]
)
def test_what_does_not_work_on_a_board_one_has_is_no_farewell_to_the_board(text: str) -> None:
    assert _needs(text).options("deploy") == ("microcontroller",)


def test_a_rough_number_is_no_doubt() -> None:
    assert _needs("四张 3090 大概要多久能训完？").options("scale") == ("multi-device",)


def test_what_a_team_knows_is_half_sure_where_its_code_must_go() -> None:
    found = reading.read("Our models are TensorFlow code with removed functions and must be rewritten.", KNOWLEDGE)
    assert not found.needs.options("experience")
    assert "tensorflow" in found.offers["experience"]
