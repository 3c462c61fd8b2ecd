"""The documented jobs for SLURM and Kubernetes are read by those systems' own parsers and run what is there."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from click.testing import CliRunner

from probes.__main__ import main

JOBS = Path(__file__).resolve().parents[1] / "docs" / "jobs"
SLURM = JOBS / "slurm.sh"

OPTIONS = frozenset(
    """
    account array bb bbf begin chdir cluster-constraint clusters comment constraint container contiguous core-spec
    cores-per-socket cpu-freq cpus-per-gpu cpus-per-task deadline delay-boot dependency distribution error exclude
    exclusive export export-file extra-node-info get-user-env gid gpu-bind gpu-freq gpus gpus-per-node gpus-per-socket
    gpus-per-task gres gres-flags hold ignore-pbs input job-name licenses mail-type mail-user mcs-label mem mem-per-cpu
    mem-per-gpu mincpus nice no-kill no-requeue nodefile nodelist nodes ntasks ntasks-per-core ntasks-per-node
    ntasks-per-socket output overcommit oversubscribe parsable partition power priority profile propagate qos quiet
    reboot requeue reservation signal sockets-per-node spread-job switches thread-spec threads-per-core time time-min
    tmp uid use-min-nodes verbose wait wckey wrap
    """.split()  # noqa: SIM905 - a list of one word a line would be a page
)
"""What ``sbatch --help`` of SLURM 22.05 lists, for machines without it."""

CONFIGURED = """
ClusterName=none
SlurmctldHost=127.0.0.1
SlurmctldPort=9
MessageTimeout=1
AuthType=auth/none
CredType=cred/none
NodeName=node CPUs=1
PartitionName=all Nodes=node
"""
"""A cluster whose controller nobody runs (9 is the discard port): sbatch reads the job before it asks there."""


def sbatch(job: Path, folder: Path) -> str:
    """Return what sbatch says of a job."""
    found = shutil.which("sbatch")
    if found is None:
        pytest.skip("no sbatch here; Debian has it in slurm-client")
    plugins = next(iter(sorted(Path(found).parents[1].glob("lib/**/slurm*/auth_none.so"))), None)
    configured = CONFIGURED + (f"PluginDir={plugins.parent}\n" if plugins else "")
    (folder / "slurm.conf").write_text(configured, encoding="utf-8")
    environment = {"SLURM_CONF": str(folder / "slurm.conf"), "PATH": str(Path(found).parent)}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        told = subprocess.run([found, "--test-only", str(job)], capture_output=True, text=True, timeout=60, check=False)
    return told.stderr


def test_the_script_for_slurm_is_bash() -> None:
    subprocess.run(["bash", "-n", str(SLURM)], check=True)


def test_every_option_of_the_script_is_one_of_slurm() -> None:
    named = re.findall(r"^#SBATCH --([a-z-]+)(?:=\S+)?$", SLURM.read_text(encoding="utf-8"), re.MULTILINE)

    assert len(named) == SLURM.read_text(encoding="utf-8").count("\n#SBATCH ")
    assert set(named) <= OPTIONS


def test_sbatch_takes_every_option_of_the_script(tmp_path: Path) -> None:
    assert "Unable to contact slurm controller" in sbatch(SLURM, tmp_path)


@pytest.mark.parametrize(
    ("option", "wrong", "said"),
    [("--exclusive", "--exclusif", "unrecognized option"), ("00:30:00", "soon", "Invalid --time specification")],
)
def test_sbatch_would_refuse_a_wrong_one(option: str, wrong: str, said: str, tmp_path: Path) -> None:
    job = tmp_path / "job.sh"
    job.write_text(SLURM.read_text(encoding="utf-8").replace(option, wrong), encoding="utf-8")

    assert said in sbatch(job, tmp_path)


def test_slurm_reads_no_option_behind_the_first_command() -> None:
    """Options below a command are comments to sbatch."""
    _, _, below = SLURM.read_text(encoding="utf-8").partition("\nset -euo pipefail\n")

    assert below
    assert "#SBATCH" not in below


# ---------------------------------------------------------------- Kubernetes


def kubernetes_job() -> dict[str, Any]:
    (job,) = yaml.safe_load_all((JOBS / "kubernetes.yaml").read_text(encoding="utf-8"))
    assert isinstance(job, dict)
    return job


@pytest.mark.parametrize("version", ["1.30", kubernetes_validate.latest_version()])
def test_the_job_fits_the_schema_of_kubernetes(version: str) -> None:
    kubernetes_validate.validate(kubernetes_job(), version, strict=True)


def test_the_schema_would_refuse_a_wrong_job() -> None:
    job = kubernetes_job()
    job["spec"]["template"]["spec"]["restartPolicies"] = job["spec"]["template"]["spec"].pop("restartPolicy")
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(job, kubernetes_validate.latest_version(), strict=True)


def test_the_pod_gets_all_that_it_may_use_so_that_its_cores_are_its_own() -> None:
    (container,) = kubernetes_job()["spec"]["template"]["spec"]["containers"]

    assert container["resources"]["requests"] == container["resources"]["limits"]
    assert container["resources"]["limits"]["cpu"].isdecimal()  # the static CPU manager pins whole cores alone


# ---------------------------------------------------------------- what they run


def commands() -> list[list[str]]:
    """Every call of the instrument in the job files, as words."""
    (container,) = kubernetes_job()["spec"]["template"]["spec"]["containers"]
    texts = [SLURM.read_text(encoding="utf-8"), *container["args"]]
    found = [line for text in texts for line in re.findall(r"^exec python -m probes (.*)$", text, re.MULTILINE)]
    return [shlex.split(line.replace('"$@"', "").partition(" 2>")[0]) for line in found]


def test_both_jobs_run_the_instrument() -> None:
    assert len(commands()) == 2


@pytest.mark.parametrize("words", commands(), ids=["slurm", "kubernetes"])
def test_the_command_of_a_job_is_one_of_this_program(words: list[str]) -> None:
    # An unknown probe at the end: everything before it was taken.
    refused = CliRunner().invoke(main, [*words[:-1], "-", "no-such-probe"])

    assert refused.exit_code == 2
    assert "no probe 'no-such-probe'" in refused.output
