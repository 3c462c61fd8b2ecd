"""What probes say about each claim they test: a verdict a claim, with the reason where there is none. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from advisor.model.knowledge import Claim, Knowledge
from advisor.model.text import Text
from probes import reasons
from probes.types import EQUIVALENT, INCONCLUSIVE, Evidence, Measurement, Probe, Status

CONFIRMED = "confirmed"


CONTRADICTED = "contradicted"


NO_DIFFERENCE = "no practical difference"


NOT_TESTABLE = "not testable here"


VERDICTS = (CONFIRMED, CONTRADICTED, NO_DIFFERENCE, INCONCLUSIVE, NOT_TESTABLE)


NO_RATIO = Text(en="the probe gave no ratio and no fact about this claim", zh="该探测既无比值，也无关于此论断的事实")


OTHER_PAIR = Text(en="the claim says nothing about the ratio of this pair", zh="该论断未涉及这一对的比值")


TOO_WIDE = Text(en="the interval is too wide to tell", zh="区间过宽，无法判断")


DISAGREE = Text(en="the probes disagree", zh="各项探测结果不一致")


def verdicts_on_claims(
    evidence: Sequence[Evidence], knowledge: Knowledge, probes: Sequence[Probe]
) -> tuple[dict[str, Any], ...]:
    tested: dict[str, set[str]] = {claim: set(ids) for claim, ids in knowledge.probes_of.items()}
    for probe in probes:
        for claim in probe.claims:
            tested.setdefault(claim, set()).add(probe.id)
    found: dict[str, list[dict[str, Any]]] = {}
    for session in evidence:
        for measurement in session.probes:
            facts = measurement.facts.get("claims")
            by_facts: Mapping[str, Any] = facts if isinstance(facts, Mapping) else {}
            claims = {claim for claim, ids in tested.items() if measurement.probe in ids} | set(by_facts)
            for claim_id in sorted(claims & set(knowledge.claims)):
                said = _one_verdict(knowledge.claims[claim_id], measurement, by_facts)
                found.setdefault(claim_id, []).append(said)
    return tuple(_overall(knowledge.claims[claim_id], said) for claim_id, said in sorted(found.items()))


def predicted(claim: Claim, one: str, other: str) -> str | None:
    """Return which of two frameworks a claim says is better, ``EQUIVALENT``, or None where it does not say."""
    if claim.favours in (one, other):
        return claim.favours
    if claim.favours == "both":
        return EQUIVALENT
    if one not in claim.value or other not in claim.value:
        return None
    gap = claim.value[one] - claim.value[other]
    if gap == 0:
        return EQUIVALENT if claim.favours == "none" and claim.value[one] != 0 else None
    return one if gap > 0 else other


def _one_verdict(claim: Claim, measurement: Measurement, by_facts: Mapping[str, Any]) -> dict[str, Any]:
    said: dict[str, Any] = {"probe": measurement.probe, "by_facts": False, "ratio": None, "reason": None}
    if measurement.status is not Status.OK:
        en = f"not run ({measurement.status.value}: {measurement.reason}".rstrip(": ") + ")"
        zh = f"{reasons.status(measurement.status, 'zh')}：{reasons.text(reasons.of(measurement), 'zh')}".rstrip("：")
        return said | {"verdict": NOT_TESTABLE, "reason": Text(en=en, zh=f"未能运行（{zh}）")}
    if claim.id in by_facts:
        verdict = str(by_facts[claim.id])
        if verdict in VERDICTS:
            return said | {"verdict": verdict, "by_facts": True}
        return said | {"verdict": INCONCLUSIVE, "reason": Text(en=f"reported: {verdict}", zh=f"探测结果：{verdict}")}
    ratio = measurement.ratio
    if ratio is None:
        return said | {"verdict": INCONCLUSIVE, "reason": NO_RATIO}
    said["ratio"] = {
        "value": ratio.value,
        "low": ratio.low,
        "high": ratio.high,
        "numerator": ratio.numerator,
        "denominator": ratio.denominator,
    }
    expected = predicted(claim, ratio.numerator, ratio.denominator)
    if expected is None:
        return said | {"verdict": NOT_TESTABLE, "reason": OTHER_PAIR}
    if ratio.favours == INCONCLUSIVE:
        return said | {"verdict": INCONCLUSIVE, "reason": TOO_WIDE}
    if ratio.favours == expected:
        return said | {"verdict": CONFIRMED}
    if ratio.favours == EQUIVALENT:
        return said | {"verdict": NO_DIFFERENCE}
    return said | {"verdict": CONTRADICTED}


def _overall(claim: Claim, said: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Join the probes' verdicts on one claim; decisive ones that disagree are inconclusive together."""
    kinds = [entry["verdict"] for entry in said]
    decisive = sorted(set(kinds) & {CONFIRMED, CONTRADICTED, NO_DIFFERENCE})
    verdict = INCONCLUSIVE if len(decisive) > 1 or INCONCLUSIVE in kinds else NOT_TESTABLE
    if len(decisive) == 1:
        verdict = decisive[0]
    reasons = [entry["reason"] for entry in said if entry["verdict"] == verdict and entry["reason"] is not None]
    reason = DISAGREE if len(decisive) > 1 else next(iter(reasons), None)
    return {
        "claim": claim.id,
        "criterion": claim.criterion,
        "truth": claim.truth,
        "verdict": verdict,
        "reason": reason.model_dump() if reason is not None else None,
        "by_facts": any(entry["by_facts"] and entry["verdict"] == verdict for entry in said),
        "probe": ", ".join(dict.fromkeys(entry["probe"] for entry in said)),
        "probes": [
            entry | {"reason": entry["reason"].model_dump() if entry["reason"] is not None else None} for entry in said
        ],
    }
