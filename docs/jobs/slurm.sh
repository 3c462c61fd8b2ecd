#!/bin/bash
# Measures on one node of a SLURM cluster. Once a kind of node:
#   sbatch --constraint=icelake slurm.sh
#   sbatch --constraint=a100 --gpus-per-node=1 slurm.sh
# Then, where the advice is wanted: framework-advisor evidence import evidence-NODE.json
#SBATCH --job-name=framework-advisor
#SBATCH --nodes=1
#SBATCH --ntasks=1
# Nothing else may run beside a measurement: the whole node, and all of its memory.
#SBATCH --exclusive
#SBATCH --mem=0
#SBATCH --time=00:30:00
# A minute before the time is up the session is ended in order, and what is finished is written.
#SBATCH --signal=B:TERM@60
#SBATCH --output=framework-advisor-%N.log

set -euo pipefail
# Where the program is installed with both frameworks, seen from the node.
source "${FRAMEWORK_ADVISOR_VENV:-$HOME/framework-advisor/.venv}/bin/activate"
# exec: the signal is for the program. The budget leaves time for starting both frameworks.
exec python -m probes run --budget 1200 -o "evidence-${SLURMD_NODENAME:-$(hostname -s)}.json" "$@"
