"""What probes say about each claim they test: a verdict a claim, with the reason where there is none. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from advisor.model.knowledge import Claim, Knowledge
from advisor.model.recommendation import ClaimVerdict, ProbeRatio, ProbeVerdict
from advisor.model.text import Text
from probes import reasons
from probes.types import EQUIVALENT, INCONCLUSIVE, Evidence, Measurement, Probe, Ratio, Status

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
) -> tuple[ClaimVerdict, ...]:
    """Return a verdict for every claim that something in the evidence tests, by claim id.

    Args:
        evidence: sessions. knowledge: the claims, and the probes that it names for them.
        probes: the catalogue, which says what else each probe tests.
    """
    tested: dict[str, set[str]] = {claim: set(ids) for claim, ids in knowledge.probes_of.items()}
    for probe in probes:
        for claim in probe.claims:
            tested.setdefault(claim, set()).add(probe.id)
    by_claim: dict[str, list[ProbeVerdict]] = {}
    for session in evidence:
        for measurement in session.probes:
            reported = _reported(measurement)
            claims = {claim for claim, ids in tested.items() if measurement.probe in ids} | set(reported)
            for claim_id in sorted(claims & set(knowledge.claims)):
                verdict = _of_probe(knowledge.claims[claim_id], measurement, reported.get(claim_id))
                by_claim.setdefault(claim_id, []).append(verdict)
    return tuple(overall(knowledge.claims[claim_id], given) for claim_id, given in sorted(by_claim.items()))


def _reported(measurement: Measurement) -> dict[str, str]:
    """Return what a scenario's own facts say of claims, by claim id."""
    facts = measurement.facts.get("claims")
    return {str(claim): str(word) for claim, word in facts.items()} if isinstance(facts, Mapping) else {}


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


def _of_probe(claim: Claim, measurement: Measurement, reported: str | None) -> ProbeVerdict:
    """Return what one measurement says of a claim; what its facts ``reported`` goes before its ratio."""
    probe = measurement.probe
    if measurement.status is not Status.OK:
        en = f"not run ({measurement.status.value}: {measurement.reason}".rstrip(": ") + ")"
        zh = f"{reasons.status(measurement.status, 'zh')}：{reasons.text(reasons.of(measurement), 'zh')}".rstrip("：")
        return ProbeVerdict(probe=probe, verdict=NOT_TESTABLE, reason=Text(en=en, zh=f"未能运行（{zh}）"))
    if reported in VERDICTS:
        return ProbeVerdict(probe=probe, verdict=reported, by_facts=True)
    if reported is not None:
        reason = Text(en=f"reported: {reported}", zh=f"探测结果：{reported}")
        return ProbeVerdict(probe=probe, verdict=INCONCLUSIVE, reason=reason)
    if measurement.ratio is None:
        return ProbeVerdict(probe=probe, verdict=INCONCLUSIVE, reason=NO_RATIO)
    verdict, reason_why = _of_ratio(claim, measurement.ratio)
    return ProbeVerdict(probe=probe, verdict=verdict, ratio=_shown(measurement.ratio), reason=reason_why)


def _of_ratio(claim: Claim, ratio: Ratio) -> tuple[str, Text | None]:
    """Return what a ratio says of a claim, and why it says nothing."""
    expected = predicted(claim, ratio.numerator, ratio.denominator)
    if expected is None:
        return NOT_TESTABLE, OTHER_PAIR
    if ratio.favours == INCONCLUSIVE:
        return INCONCLUSIVE, TOO_WIDE
    if ratio.favours == expected:
        return CONFIRMED, None
    return (NO_DIFFERENCE if ratio.favours == EQUIVALENT else CONTRADICTED), None


def _shown(ratio: Ratio) -> ProbeRatio:
    return ProbeRatio(
        value=ratio.value, low=ratio.low, high=ratio.high, numerator=ratio.numerator, denominator=ratio.denominator
    )


def overall(claim: Claim, given: Sequence[ProbeVerdict]) -> ClaimVerdict:
    """Join the verdicts of probes and of routes on one claim; decisive ones that disagree are inconclusive together."""
    kinds = {one.verdict for one in given}
    decisive = sorted(kinds & {CONFIRMED, CONTRADICTED, NO_DIFFERENCE})
    verdict = INCONCLUSIVE if len(decisive) > 1 or INCONCLUSIVE in kinds else NOT_TESTABLE
    if len(decisive) == 1:
        verdict = decisive[0]
    stated = (one.reason for one in given if one.verdict == verdict and one.reason is not None)
    return ClaimVerdict(
        claim=claim.id,
        criterion=claim.criterion,
        truth=claim.truth,
        verdict=verdict,
        reason=DISAGREE if len(decisive) > 1 else next(stated, None),
        by_facts=any(one.by_facts and one.verdict == verdict for one in given),
        probe=", ".join(dict.fromkeys(one.probe for one in given)),
        probes=tuple(given),
    )
