"""The control arm's workload without a count of operations: this machine's roof, which takes long, is not measured."""

from probes.workloads.control import EXEMPTIONS, SIZES, data, null, weights

__all__ = ["EXEMPTIONS", "SIZES", "data", "null", "weights"]
