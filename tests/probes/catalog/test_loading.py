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
        ('mode: "eager"', 'mode: "eager"\n  claims: {some-claim: "a b"}', "claims.some-claim: a list of checks"),
        ('mode: "eager"', 'mode: "eager"\n  claims: {some-claim: ["a b"]}', "'framework:name'"),
        ('mode: "eager"', 'mode: "eager"\n  claims: some-claim', "a list of ids"),
        ('mode: "eager"', 'mode: "eager"\n  checks: {some-claim: ["a"]}', "unknown key 'checks'"),
        ('mode: "eager"', 'mode: "eager"\n  baseline: "eager"', "baseline 'eager' is not another mode"),
        ('mode: "eager"', 'mode: "eager"\n  baseline: "fast"', "baseline 'fast' is not another mode"),
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


def test_claims_are_listed_or_mapped_to_the_checks_that_speak_of_them(tmp_path):
    path = tmp_path / "catalog.yaml"
    for folder in ("scenarios", "workloads"):
        (tmp_path / folder).symlink_to(PATH.parent / folder)
    path.write_text(
        GOOD + "  claims: [c, d]\n" + GOOD.replace('"one"', '"two"') + "  claims: {c: ['null:starts', ends], d: []}\n"
    )
    listed, mapped = load_catalog(path).values()
    assert listed.claims == mapped.claims == ("c", "d")
    assert listed.checks == {}
    assert mapped.checks == {"c": ("null:starts", "ends")}


@pytest.mark.parametrize("probe", [p for p in load_catalog().values() if p.checks], ids=lambda probe: probe.id)
def test_a_check_that_the_catalogue_names_is_made_by_its_scenario(probe):
    text = (PATH.parent / "scenarios" / f"{probe.scenario}.py").read_text(encoding="utf-8")
    named = {check.rpartition(":")[2] for checks in probe.checks.values() for check in checks}
    assert not {check for check in named if f'"{check}"' not in text}


@pytest.mark.parametrize(
    ("usual", "ours"),
    [("training-bert-eager", "training-transformer-eager"), ("inference-resnet-default", "inference-convnet-default")],
)
def test_a_models_usual_name_finds_its_probe(usual, ours):
    assert [probe.id for probe in choose_probes([usual], load_catalog())] == [ours]
