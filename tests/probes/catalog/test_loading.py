"""Every probe is one good entry."""

from __future__ import annotations

import pytest

from probes.catalog.loading import PATH, CatalogError, choose_probes, load_catalog


def test_the_catalogue_loads_and_ids_say_what_they_are():
    for name, probe in load_catalog().items():
        assert name == probe.id
        assert name == name.lower()
        assert probe.seconds > 0


def test_cold_torch_compile_runs_only_when_asked():
    compiled = [
        p for p in load_catalog().values() if p.mode == "compiled" and p.scenario in ("training_step", "inference")
    ]
    assert compiled
    assert all(p.asked_only for p in compiled)
    assert not [p for p in choose_probes([], load_catalog()) if p.asked_only]


def test_a_probe_of_modes_tests_what_is_claimed_of_either_and_runs_only_when_asked():
    probe = load_catalog()["xla-mlp"]
    assert (probe.mode, probe.baseline) == ("xla", "compiled")
    assert "tf-xla-acceleration" in probe.claims
    assert all(p.asked_only for p in load_catalog().values() if p.baseline)


def test_an_unknown_probe_gets_the_nearest_one():
    with pytest.raises(CatalogError, match="did you mean 'training-mlp-eager'"):
        choose_probes(["trainin-mlp-eager"], load_catalog())


GOOD = """
- id: "one"
  question: {en: "?", zh: "?"}
  scenario: "training_step"
  workload: "mlp"
  mode: "eager"
  criterion: "training-speed"
"""


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("mode:", "moed:", "did you mean 'mode'"),
        ('"eager"', '"eagre"', "mode 'eagre' is none of"),
        ('"mlp"', '"mpl"', "no workload 'mpl'"),
        ('"training_step"', '"training_stp"', "did you mean 'training_step'"),
        (', zh: "?"', "", "in en and zh"),
        ('criterion: "training-speed"', "", "criterion is missing"),
        ('mode: "eager"', 'mode: "eager"\n  baseline: "eager"', "baseline 'eager' is no other mode"),
        ('mode: "eager"', 'mode: "eager"\n  baseline: "fast"', "baseline 'fast' is no other mode"),
        ('mode: "eager"', 'mode: "eager"\n  faster: {pytorch: ["c"]}', "against a baseline, which is missing"),
    ],
)
def test_a_broken_entry_is_named(tmp_path, old, new, said, monkeypatch):
    path = tmp_path / "catalog.yaml"
    for folder in ("scenarios", "workloads"):
        (tmp_path / folder).symlink_to(PATH.parent / folder)
    path.write_text(GOOD)
    assert list(load_catalog(path)) == ["one"]
    path.write_text(GOOD.replace(old, new))
    with pytest.raises(CatalogError) as caught:
        load_catalog(path)
    assert said in str(caught.value)
    path.write_text(GOOD + GOOD)
    with pytest.raises(CatalogError, match="twice"):
        load_catalog(path)


def test_a_catalogue_that_has_changed_is_read_again(tmp_path):
    path = tmp_path / "catalog.yaml"
    for folder in ("scenarios", "workloads"):
        (tmp_path / folder).symlink_to(PATH.parent / folder)
    path.write_text(GOOD)
    load_catalog(path).clear()
    assert list(load_catalog(path)) == ["one"]
    path.write_text(GOOD + GOOD.replace('"one"', '"another"'))
    assert list(load_catalog(path)) == ["one", "another"]


@pytest.mark.parametrize(
    ("usual", "ours"),
    [("training-bert-eager", "training-transformer-eager"), ("inference-resnet-default", "inference-convnet-default")],
)
def test_a_models_usual_name_finds_its_probe(usual, ours):
    assert [probe.id for probe in choose_probes([usual], load_catalog())] == [ours]
