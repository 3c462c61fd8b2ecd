"""What a text as a whole tells: code kept or left, migrations, third persons, hints, training where it runs."""

from __future__ import annotations

import pytest

from advisor import reading
from advisor.knowledge.loading import load_knowledge
from advisor.model.needs import Needs

KNOWLEDGE = load_knowledge()


def _needs(text: str) -> Needs:
    return reading.read(text, KNOWLEDGE).needs


@pytest.mark.parametrize(
    ("text", "framework"),
    [
        ("The forecasts are made by a Keras model of 2019. We want to keep using it.", "tensorflow"),
        ("Our sorting line runs on PyTorch code, and we will not rewrite it.", "pytorch"),
        ("分拣线的程序是用 PyTorch 写的，打算继续用下去，不会动它。", "pytorch"),
        ("The team writes TensorFlow. Rewriting the scripts would take us a year.", "tensorflow"),
    ],
)
def test_code_that_is_kept_must_live_on(text: str, framework: str) -> None:
    assert _needs(text).options("codebase") == (framework,)


@pytest.mark.parametrize(
    "text",
    [
        "Our existing code is in TensorFlow. Every upgrade breaks it and it is hard to debug.",
        "We have a lot of Keras code. It is time to throw the old code away.",
        "A publisher's tagging tool is a TensorFlow codebase; the maintainers want to move off TensorFlow.",
        "旧系统是 TensorFlow 写的，很难维护，工程师天天抱怨。",
        "现有代码是 Keras 的，决定推倒重写。",
        "They plan to migrate their scripts from TensorFlow to PyTorch.",
    ],
)
def test_code_that_is_complained_about_or_left_is_no_wish(text: str) -> None:
    found = reading.read(text, KNOWLEDGE)
    assert not found.needs.options("codebase")
    assert not found.contradictions
    assert found.needs.options("experience") in {(), ("tensorflow",)}


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("We migrated everything from TensorFlow to PyTorch two winters ago.", {"pytorch", "both"}),
        ("去年我们已经把全部模型从 TensorFlow 迁到了 PyTorch。", {"pytorch", "both"}),
        ("The interpreter team switched from PyTorch to Keras last spring.", {"tensorflow", "both"}),
    ],
)
def test_who_has_moved_knows_where_they_have_moved_to(text: str, known: set[str]) -> None:
    assert set(_needs(text).options("experience")) <= known
    assert _needs(text).options("experience")


@pytest.mark.parametrize(
    ("text", "option"),
    [
        ("Two of the volunteers know a little Keras.", "tensorflow"),
        ("Their only analyst comes from PyTorch.", "pytorch"),
        ("The agency's developers write PHP and nothing else; they only know PHP.", "none"),
        ("她们组里的人都写 PyTorch。", "pytorch"),
        ("有三个人会一点 Keras。", "tensorflow"),
        ("She knows pandas and scikit-learn well.", "python"),
    ],
)
def test_what_others_know_is_read_in_the_third_person(text: str, option: str) -> None:
    assert _needs(text).options("experience") == (option,)


@pytest.mark.parametrize(
    "text",
    [
        "The papers we found come with PyTorch code.",
        "Installing the editor pulls in tensorflow-cpu, which we do not need.",
        "网上的教程配的都是 PyTorch 代码。",
    ],
)
def test_others_code_and_dependencies_say_nothing_of_ours(text: str) -> None:
    needs = _needs(text)
    assert not needs.options("codebase")
    assert not needs.options("experience")


def test_a_hint_yields_to_what_is_said() -> None:
    assert _needs("Our customers send us photographs.").options("stage") == ("production",)
    assert _needs("Our customers may try the prototype.").options("stage") == ("prototype",)
    assert not _needs("There are no customers.").excluded.get("stage")


@pytest.mark.parametrize(
    ("text", "option"),
    [
        ("it should train in the browser on the visitor's own samples", "on-device"),
        ("federated learning across the branches", "on-device"),
        ("the model learns on the phone", "on-device"),
        ("we personalise on the device", "on-device"),
        ("training happens inside the visitor's browser", "on-device"),
        ("pupils train a small classifier right in Chrome", "on-device"),
        ("the app adapts to the rider on the watch", "on-device"),
        ("训练直接在学生自己的浏览器里完成", "on-device"),
        ("要做端侧训练", "on-device"),
        ("各支行之间用联邦学习", "on-device"),
        ("it is trained beforehand and only runs on the watch", "beforehand"),
        ("模型事先训练好，再装到设备里", "beforehand"),
        ("each scooter refines its own range estimate", "on-device"),
        ("网页里用访客自己的画来训练", "on-device"),
        ("所有训练都在总部做，现场机器只管用", "beforehand"),
    ],
)
def test_training_where_it_runs_is_told_from_training_beforehand(text: str, option: str) -> None:
    assert _needs(text).options("training") == (option,)


@pytest.mark.parametrize(
    "text",
    [
        "machine learning on a phone",
        "run a trained model on the phone",
        "we train on device logs collected from users",
        "trained on the phone recordings of 200 callers",
        "we train with Keras and show the results in the browser",
        "we train on a single machine and ship to phones",
        "the learned controller sits on the board",
        "we fine-tune a model and deploy it on phones",
        "在手机上跑训练好的模型",
        "deep learning on the device",
        "we train in the cloud and run on the phone",
        "网页里能看到训练曲线就好",
    ],
)
def test_running_there_is_not_training_there(text: str) -> None:
    assert "on-device" not in _needs(text).options("training")


@pytest.mark.parametrize(
    "text",
    [
        "we differentiate through our own ODE solver",
        "gradients have to flow through the fluid simulator",
        "backpropagating through a rigid-body physics engine's time steps",
        "fitting orbits with Hamiltonian Monte Carlo",
        "thousands of environments in parallel on the GPU",
        "a differentiable renderer sits behind the network",
        "梯度要穿过微分方程求解器",
        "做可微仿真",
        "要对似然函数求导",
    ],
)
def test_a_program_that_gradients_pass_through_is_heard(text: str) -> None:
    assert _needs(text).options("gradients") == ("program",)


@pytest.mark.parametrize(
    "text",
    [
        "a network trained on simulation data",
        "we simulate the plant and train a classifier on the results",
        "gradient boosting on the simulator's logs",
        "the solver is commercial, we only learn a surrogate",
        "gradient clipping helps our LSTM",
        "用仿真数据训练网络",
        "梯度爆炸怎么办",
    ],
)
def test_a_simulation_that_only_gives_data_is_not_differentiated(text: str) -> None:
    assert _needs(text).options("gradients") == ()


def test_ruling_out_training_on_the_device_says_beforehand() -> None:
    needs = _needs("no on-device training, please")
    assert needs.options("training") == ("beforehand",)
    assert needs.excluded["training"] == ("on-device",)


def test_a_broken_line_of_chinese_is_read_across_the_break() -> None:
    assert _needs("模型要放到树\n莓派上").options("deploy") == ("edge-linux",)


@pytest.mark.parametrize("text", ["嵌入式Linux板子", "嵌入式 Linux 板子"])
def test_a_space_between_scripts_makes_no_difference(text: str) -> None:
    assert not _needs(text).options("os")
    assert _needs(text).options("deploy") == ("edge-linux",)


@pytest.mark.parametrize(
    ("text", "gone", "kept"),
    [
        (
            "The plan with the phone app died in a meeting, so what remains is a kiosk with a Jetson in the lobby.",
            ("deploy", "mobile"),
            ("deploy", "edge-linux"),
        ),
        (
            "Shipping to browsers was last year's dream; now it's a server with two A100s.",
            ("deploy", "web"),
            ("hardware", "nvidia"),
        ),
        (
            "I doubt that we will ever see a TPU in this building, which leaves us with an RTX 4080.",
            ("hardware", "tpu"),
            ("hardware", "nvidia"),
        ),
        (
            "The AMD cards were returned to the shop; we train on an RTX 4080.",
            ("hardware", "amd"),
            ("hardware", "nvidia"),
        ),
        (
            "There was a time when we deployed with TorchServe; those days are over, and the models sit inside the "
            "Android app.",
            ("deploy", "server"),
            ("deploy", "mobile"),
        ),
        (
            "While the lawyers were against sending anything to a cloud, the tumour detector does have to run on "
            "Windows machines.",
            ("cloud", "gcp"),
            ("os", "windows"),
        ),
        (
            "Last summer's TPU credits have expired. What is left is an M3 Air.",
            ("hardware", "tpu"),
            ("hardware", "apple"),
        ),
        ("我们本来想上手机端，后来产品经理一票否决，现在只做服务器。", ("deploy", "mobile"), ("deploy", "server")),
        ("大家对TPU没什么兴趣，手上就剩一张4080。", ("hardware", "tpu"), ("hardware", "nvidia")),
        (
            "以前用TorchServe部署，那都是过去的事了，现在模型放在安卓应用里。",
            ("deploy", "server"),
            ("deploy", "mobile"),
        ),
        ("起初计划做网页版，被CTO划掉了；焊缝分类器放在树莓派上。", ("deploy", "web"), ("deploy", "edge-linux")),
    ],
)
def test_a_denial_told_as_a_story_is_heard_and_costs_no_other_slot(
    text: str, gone: tuple[str, str], kept: tuple[str, str]
) -> None:
    needs = _needs(text)
    assert gone[1] not in needs.options(gone[0])
    assert kept[1] in needs.options(kept[0])


def test_what_is_half_sure_is_assumed_only_where_nobody_can_be_asked_back() -> None:
    def made(confidence: float) -> reading.Understanding:
        slot = reading.Slot(
            question="stage", option="research", polarity="wanted", confidence=confidence, span=(0, 1), by="model"
        )
        offers = {"stage": ("research",)}
        return reading.Understanding(
            language="en", needs=Needs(), slots=(slot,), ask=("stage",), out_of_scope=False, offers=offers
        )

    assert made(0.8).assumed(KNOWLEDGE).answers == {}
    assert made(0.8).likely(KNOWLEDGE).answers == {"stage": "research"}
    assert made(0.8).likely(KNOWLEDGE).certainty == {"stage": 0.5}
    assert made(0.6).likely(KNOWLEDGE).answers == {}, "less sure than what is implied"
