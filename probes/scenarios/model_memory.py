"""How much host memory the model and its training step take, the framework's own left out.

Question: what does training this model add to what the import already holds?
Why it matters: for large models the import is small change; what a step keeps for the backward pass decides which
    model still fits.
How it is measured: as peak memory (fresh process, the kernel's high-water mark, five steps), less what was resident
    after the import.
What is held equal: model, weights, batch, dtype, threads, the same ruler in both.
What it does not tell: libraries that one framework loads with its import and the other at the first step count for
    the import in the one and for the model in the other; the larger the model, the less that matters.
Source: proc(5), fields VmHWM, VmRSS and clear_refs.
"""

from __future__ import annotations

from probes.scenarios import Observation, Stage, Unsupported, memory

KIND = "observed"
UNIT = "bytes"
PROCESSES = 3
PARITY = memory.PARITY


def observe(stage: Stage) -> Observation:
    facts = memory.observe(stage).facts
    added = facts.get("above_import_bytes")
    if not added or not facts["parts_have_peaks_of_their_own"]:
        raise Unsupported("only Linux lets a process start its memory peak anew; see the probes of peak memory instead")
    return Observation(float(added), facts)
