"""A model of the user's, of two functions: matched and set alike by itself, else told at which layer it differs."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from probes import reasons
from probes.catalog.loading import PATH, choose_for_user_model, load_catalog
from probes.session import harmonization_words, paired
from probes.session.agreement import agree
from probes.session.arms import Arm
from probes.session.session import Session
from probes.session.worker_client import Lost
from probes.session.workers import Options, Workers
from probes.statistics import ratios
from probes.types import Measurement, Status, Unsupported
from probes.user_model import reading, workload

FRAMEWORKS = ("pytorch", "tensorflow")
PAIRS = Path(__file__).with_name("own_pairs")

Take = Callable[..., Measurement]


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """One pair of workers for all the tests of this file."""
    options = Options(
        threads=1,
        device="cpu",
        seed=0,
        scratch=str(tmp_path_factory.mktemp("own")),
        workload_file=None,
        process_sd=ratios.PROCESS_SD,
        process_df=ratios.PROCESS_DF,
        progress=lambda event: None,
        cancelled=lambda: False,
    )
    made = Session(Workers([Arm(name, name) for name in FRAMEWORKS], options))
    yield made
    made.workers.end()


@pytest.fixture
def take(session: Session, tmp_path: Path) -> Take:
    """``take(text or path)`` measures a model file, as briefly as can be."""

    def measured(given: str | Path, mode: str = "default", *, as_written: bool = False) -> Measurement:
        path = given
        if isinstance(path, str):
            path = Path(tempfile.mkdtemp(dir=tmp_path)) / "mine.py"
            path.write_text(str(given), encoding="utf-8")
        (probe,) = choose_for_user_model([f"training-mlp-{mode}"], load_catalog())
        session.workers.options = replace(session.options, workload_file=reading.read(str(path)), as_written=as_written)
        session.agreement = None
        session.workers.ready("default")
        session.agreement = agree(session, probe)
        if session.agreement.problem:
            return reasons.absent(probe, Status.NOT_COMPARABLE, session.agreement.problem)
        described = next(iter([session.ask(client, "describe", probe) for client in session.workers.clients.values()]))
        return paired.measure(session, probe, described, deadline=time.monotonic(), confirm=False)

    return measured


IMAGES = """
INPUT = (8, 16, 16, 3)
LOSS = "cross-entropy"

def pytorch():
    from torch import nn
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(8, 8, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 5),
    )

def tensorflow():
    from keras import Sequential, layers
    return Sequential([
        layers.Conv2D(8, 3, padding="same"), layers.BatchNormalization(momentum=0.9, epsilon=1e-5), layers.ReLU(),
        layers.MaxPool2D(2), layers.Conv2D(8, 3), layers.ReLU(), layers.GlobalAveragePooling2D(), layers.Dense(5),
    ])
"""

WORDS = """
INPUT, TOKENS, LOSS = (4, 12), 50, "cross-entropy"

def pytorch():
    from torch import nn
    return nn.Sequential(nn.Embedding(50, 16), nn.LayerNorm(16), nn.Linear(16, 16), nn.GELU(), nn.Linear(16, 50))

def tensorflow():
    from keras import Sequential, layers
    return Sequential([
        layers.Embedding(50, 16), layers.LayerNormalization(epsilon=1e-5), layers.Dense(16, activation="gelu"),
        layers.Dense(50),
    ])
"""

SEGMENTS = """
INPUT = (4, 12, 12, 2)

def pytorch():
    from torch import nn
    return nn.Sequential(nn.Conv2d(2, 6, 3, padding=1), nn.Tanh(), nn.Conv2d(6, 1, 1))

def tensorflow():
    from keras import Sequential, layers
    return Sequential([layers.Conv2D(6, 3, padding="same", activation="tanh"), layers.Conv2D(1, 1)])
"""

BACKWARDS = """
INPUT = (8, 10)

def pytorch():
    import torch
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.last = nn.Linear(10, 10)
            self.first = nn.Linear(10, 10)

        def forward(self, x):
            return self.last(torch.tanh(self.first(x)))

    return Net()

def tensorflow():
    from keras import Sequential, layers
    return Sequential([layers.Dense(10, activation="tanh", name="first"), layers.Dense(10, name="last")])
"""

STATED = """
WEIGHTS = {
    "pytorch": ["first.weight", "first.bias", "last.weight", "last.bias"],
    "tensorflow": ["first/kernel", "first/bias", "last/kernel", "last/bias"],
}
"""


TOWERS = """
INPUT = (16, 24)

def pytorch():
    import torch
    from torch import nn

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.one, self.two, self.three = (nn.Linear(24, 24) for _ in range(3))

        def forward(self, x):
            return torch.tanh(self.one(x)) + 2 * torch.sigmoid(self.two(x)) + self.three(x)

    return Net()

def tensorflow():
    import keras
    from keras import layers

    x = keras.Input((24,))
    three, two = layers.Dense(24)(x), layers.Dense(24, activation="sigmoid")(x)
    one = layers.Dense(24, activation="tanh")(x)
    return keras.Model(x, one + 2 * two + three)
"""

GENERATOR = """
INPUT = (8, 32)

def pytorch():
    from torch import nn

    class Generator(nn.Module):
        def __init__(self):
            super().__init__()
            self.dense, self.norm = nn.Linear(32, 7 * 7 * 16), nn.BatchNorm1d(7 * 7 * 16)
            self.up = nn.ConvTranspose2d(16, 1, 3, stride=2, padding=1, output_padding=1, bias=False)

        def forward(self, x):
            return self.up(self.norm(self.dense(x)).view(-1, 16, 7, 7))

    return Generator()

def tensorflow():
    from keras import Sequential, layers
    return Sequential([
        layers.Dense(7 * 7 * 16), layers.BatchNormalization(), layers.Reshape((7, 7, 16)),
        layers.Conv2DTranspose(1, 3, strides=2, padding="same", use_bias=False),
    ])
"""

TAGS = """
INPUT, TOKENS, LOSS = (8, 15), 60, "cross-entropy"

def pytorch():
    from torch import nn

    class Tags(nn.Module):
        def __init__(self):
            super().__init__()
            self.words = nn.Embedding(60, 8, padding_idx=0)
            self.lstm = nn.LSTM(8, 6, bidirectional=True, batch_first=True)
            self.tags = nn.Linear(12, 4)

        def forward(self, x):
            return self.tags(self.lstm(self.words(x))[0])

    return Tags()

def tensorflow():
    from keras import Sequential, layers
    return Sequential([
        layers.Embedding(60, 8, mask_zero=True), layers.Bidirectional(layers.LSTM(6, return_sequences=True)),
        layers.Dense(4, activation="softmax"),
    ])
"""


ROWS = """
INPUT, LOSS = (8, 64, 4), "cross-entropy"

def pytorch():
    from torch import nn
    return nn.Sequential(
        nn.Conv1d(4, 8, 5, stride=2, padding=2), nn.MaxPool1d(3, 2, padding=1), nn.Conv1d(8, 8, 3, padding=1),
        nn.Flatten(), nn.Linear(128, 5),
    )

def tensorflow():
    from keras import Sequential, layers
    return Sequential([
        layers.Conv1D(8, 5, strides=2, padding="same"), layers.MaxPooling1D(3, 2, padding="same"),
        layers.Conv1D(8, 3, padding="same"), layers.Flatten(), layers.Dense(5),
    ])
"""

DEPTHWISE = """
INPUT = (4, 16, 16, 6)

def pytorch():
    from torch import nn
    return nn.Sequential(nn.Conv2d(6, 6, 3, stride=2, padding=1, groups=6), nn.ReLU6(), nn.Conv2d(6, 2, 1))

def tensorflow():
    from keras import Sequential, layers
    return Sequential([
        layers.DepthwiseConv2D(3, strides=2, padding="same"), layers.ReLU(max_value=6), layers.Conv2D(2, 1),
    ])
"""


def changed(found: Measurement) -> set[tuple[str, str, str, str]]:
    """What was set alike: (framework, setting, was, now)."""
    return {(f["framework"], f["setting"], f["was"], f["now"]) for f in found.facts.get("harmonised", ())}


EPSILON = ("tensorflow", "epsilon", "0.001", "1e-05")
MOMENTUM = ("tensorflow", "momentum", "0.99", "0.9")
NORMALISED = {EPSILON, MOMENTUM}


def dropped(one: str, other: str) -> set[tuple[str, str, str, str]]:
    return {("pytorch", "p", one, "0"), ("tensorflow", "rate", other, "0")}


ALIKE = {
    "autoencoder": set(),
    "digits": dropped("0.5", "0.5"),
    "encoder": {EPSILON, ("pytorch", "dropout", "0.1", "0"), ("tensorflow", "dropout", "0.1", "0")}
    | dropped("0.1", "0.1"),
    "forecast": {("pytorch", "dropout", "0.2", "0"), ("tensorflow", "rate", "0.2", "0")},
    "houses": set(),
    "mlp": NORMALISED | dropped("0.3", "0.3"),
    "residual": NORMALISED | {("tensorflow", "padding", "'same'", f"[[{n}, {n}], [{n}, {n}]]") for n in (1, 3)},
    "reviews": dropped("0.5", "0.5")
    | {
        ("pytorch", "bias_hh_l0", "trained", "0, not trained"),
        ("tensorflow", "the end", "softmax", "logits"),
    },
    "strides": NORMALISED
    | {
        ("tensorflow", "padding", "'same'", "[[1, 1], [1, 1]]"),
        ("tensorflow", "negative_slope", "0.3", "0.01"),
    },
    "subclassed": {EPSILON}
    | dropped("0.2", "0.2")
    | {
        ("tensorflow", "approximate", "False", "True"),
        ("tensorflow", "the end", "logits", "log-softmax"),
    },
}
"""What the documentation of both frameworks says differs in each of the pairs: PyTorch's function stands first."""


def test_every_pair_of_the_folder_is_known() -> None:
    assert {path.stem for path in PAIRS.glob("*.py")} - {"__init__"} == set(ALIKE)


@pytest.mark.frameworks
@pytest.mark.measures
@pytest.mark.parametrize("name", sorted(ALIKE))
def test_a_pair_as_tutorials_write_it_gives_a_ratio(take: Take, name: str) -> None:
    found = take(PAIRS / f"{name}.py")

    assert found.status is Status.OK, found.reason
    assert found.ratio is not None
    assert found.parity is not None
    assert found.parity["passed"]
    assert changed(found) == ALIKE[name]


@pytest.mark.frameworks
class TestRealFrameworks:
    def test_the_printed_example_agrees(self, take: Take) -> None:
        found = take(PATH.parent / "user_model" / "example.py")

        assert found.status is Status.OK, found.reason
        assert not changed(found)

    @pytest.mark.parametrize(
        "text",
        [IMAGES, WORDS, SEGMENTS, BACKWARDS, TOWERS, GENERATOR, TAGS, ROWS, DEPTHWISE],
        ids=["images", "words", "segments", "order made", "order run", "reshaped", "masked", "rows", "depthwise"],
    )
    def test_weights_are_matched_without_being_told(self, take: Take, text: str) -> None:
        found = take(text, "eager")

        assert found.status is Status.OK, found.reason

    def test_an_order_that_is_stated_is_kept(self, take: Take) -> None:
        found = take(BACKWARDS + STATED, "eager")

        assert found.status is Status.OK, found.reason

    def test_a_value_that_is_meant_wins_over_a_default(self, take: Take) -> None:
        found = take(IMAGES.replace("epsilon=1e-5", "epsilon=1e-4"), "eager")

        assert changed(found) == {("pytorch", "eps", "1e-05", "0.0001")}

    def test_of_two_defaults_the_function_that_stands_first_decides(self, take: Take) -> None:
        _, one, other = IMAGES.replace("momentum=0.9, epsilon=1e-5", "").partition("def pytorch")
        one, _, rest = (one + other).partition("def tensorflow")
        text = IMAGES.partition("def pytorch")[0] + "def tensorflow" + rest + "\n" + one

        assert changed(take(text, "eager")) == {
            ("pytorch", "eps", "1e-05", "0.001"),
            ("pytorch", "momentum", "0.1", "0.01"),
        }

    def test_as_written_refuses_what_differs(self, take: Take) -> None:
        found = take(PAIRS / "mlp.py", as_written=True)

        assert found.status is Status.NOT_COMPARABLE
        assert found.reason.startswith("as written, the sides differ: pytorch 3: Dropout(p=0.3")
        assert (
            "BatchNormalization(epsilon=0.001, momentum=0.99) (line 31) epsilon=0.001, pytorch eps=1e-05"
            in found.reason
        )

    def test_as_written_measures_what_does_not_differ(self, take: Take) -> None:
        assert take(PAIRS / "houses.py", as_written=True).status is Status.OK

    def test_another_activation_is_named_on_both_sides_with_its_line(self, take: Take) -> None:
        found = take(SEGMENTS.replace('activation="tanh"', 'activation="sigmoid"'))

        assert found.status is Status.NOT_COMPARABLE
        assert found.reason.startswith("the outputs part at layer 2 (")
        assert "at most 1e-07 allowed): pytorch `1: Tanh()` (line 6), tensorflow `conv2d" in found.reason
        assert "likely cause: tanh is not sigmoid; change line 6 or 10 of mine.py" in found.reason

    def test_a_layer_without_counterpart_is_named(self, take: Take) -> None:
        found = take(SEGMENTS.replace(', activation="tanh"', ""))

        assert found.reason == (
            "the outputs part at layer 2: pytorch `1: Tanh()` (line 6) has no counterpart in tensorflow; "
            "change line 6 of mine.py"
        )

    def test_a_setting_that_cannot_be_set_alike_is_the_cause(self, take: Take) -> None:
        found = take(SEGMENTS.replace("nn.Conv2d(2, 6, 3, padding=1)", "nn.Conv2d(2, 6, 3, padding=2, dilation=2)"))

        assert "at layer 1 (" in found.reason
        assert "pytorch `0: Conv2d(2, 6, kernel_size=(3, 3)" in found.reason
        assert "likely cause: dilation is [2, 2] and dilation_rate is [1, 1]" in found.reason

    def test_layers_of_other_sizes_are_named(self, take: Take) -> None:
        found = take(WORDS.replace("layers.Dense(16,", "layers.Dense(24,"))

        assert "they part at layer 3: pytorch `2: Linear(in_features=16, out_features=16, bias=True)`" in found.reason
        assert "with kernel 16x16, bias 16 and tensorflow `dense" in found.reason
        assert found.reason.endswith("change line 6 or 11 of mine.py")

    def test_channels_first_in_the_shape_are_refused_with_the_right_shape(self, take: Take) -> None:
        with pytest.raises(Lost) as caught:
            take(IMAGES.replace("(8, 16, 16, 3)", "(8, 3, 16, 16)"))

        assert "write them last for both: (8, 16, 16, 3)" in str(caught.value)

    def test_a_stated_weight_that_is_not_there_is_named(self, take: Take) -> None:
        with pytest.raises(Lost) as caught:
            take(BACKWARDS + STATED.replace("first/kernel", "frist/kernel"))

        assert "tensorflow has no weight frist/kernel; tensorflow also has first/kernel" in str(caught.value)

    def test_what_was_set_alike_stands_in_the_evidence_and_is_told(self, session: Session, take: Take) -> None:
        found = take(PAIRS / "reviews.py")

        assert noted(found.facts) == (
            "set alike in both: pytorch bias_hh_l0 trained → 0, not trained; tensorflow the end of the model softmax → "
            "logits; dropout is 0 on both sides (--as-written refuses instead)"
        )
        assert "双方的 dropout 均按 0 测量" in harmonization_words.lines(found.facts, "zh")


def noted(facts: Mapping[str, Any], lang: str = "en") -> str:
    found = harmonization_words.noted(facts)
    assert found is not None
    return reasons.text(found, lang)


FACT = {
    "framework": "b",
    "layer": "norm: Norm(epsilon=0.001)",
    "line": 7,
    "setting": "epsilon",
    "was": "0.001",
    "now": "1e-05",
    "other": "a eps=1e-05",
}


def test_one_change_of_several_layers_is_told_once() -> None:
    facts = {"harmonised": [{**FACT, "line": line} for line in (7, 9, 9)]}

    assert harmonization_words.lines(facts, "en") == [
        "set alike in both: b epsilon from 0.001 to 1e-05 (norm: Norm, norm: Norm and 1 more; line 7, 9)"
    ]
    assert noted(facts) == "set alike in both: b epsilon 0.001 → 1e-05 ×3 (--as-written refuses instead)"
    assert "由 0.001 改为 1e-05" in harmonization_words.lines(facts, "zh")[0]


@pytest.mark.parametrize("found", ["all", [1], [{"framework": "b"}], {"a": 1}])
def test_a_strangers_evidence_of_another_form_is_not_told(found: Any) -> None:
    assert harmonization_words.lines({"harmonised": found}, "en") == []


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_nothing_set_alike_is_nothing_told(lang: str) -> None:
    assert harmonization_words.lines({}, lang) == []
    assert harmonization_words.noted({}) is None


def test_the_one_line_is_told_in_chinese() -> None:
    assert (
        noted({"harmonised": [FACT]}, "zh") == "为使双方一致而改动：b epsilon 0.001 → 1e-05（--as-written 则拒绝测量）"
    )


@pytest.mark.parametrize(
    ("held", "said"),
    [
        ({}, "INPUT, the shape of one batch"),
        ({"INPUT": 64}, "INPUT, the shape of one batch"),
        ({"INPUT": (64, 10), "LOSS": "mse"}, "LOSS as one of mean-squared-error, cross-entropy, not 'mse'"),
        ({"INPUT": (64, 10), "RATE": 0}, "RATE as a number above 0"),
        ({"INPUT": (64, 10), "TOKENS": "many"}, "TOKENS as a whole number"),
        ({"INPUT": {"a": (64, 10), "b": 3}}, "INPUT, the shape of one batch"),
        ({"INPUT": {"a": (64, 10), "b": (64, 3)}, "TOKENS": 9}, "TOKENS by input where there are several"),
        ({"INPUT": (64, 10), "WEIGHTS": {"pytorch": "0.weight"}}, "WEIGHTS as {framework: [names"),
    ],
)
def test_a_file_that_lacks_something_says_what(held: dict[str, Any], said: str) -> None:
    with pytest.raises(Unsupported) as caught:
        workload.adapt(SimpleNamespace(__name__="mine", **held), "pytorch")  # type: ignore[arg-type]

    assert said in reasons.text(caught.value.reason)
    assert "python -m probes example" in reasons.text(caught.value.reason)


def test_a_file_of_four_functions_is_taken_as_it_is() -> None:
    module: Any = SimpleNamespace(weights=lambda size, seed: {})

    assert workload.adapt(module, "pytorch") is module


def test_the_example_is_short(tmp_path: Path) -> None:
    text = (PATH.parent / "user_model" / "example.py").read_text(encoding="utf-8")

    assert len([line for line in text.split('"""')[2].splitlines() if line.strip()]) <= 12
