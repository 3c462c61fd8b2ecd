"""What was measured of a documented route, in one sentence of each language. Pure."""

from __future__ import annotations

from advisor.model.recommendation import RouteResult, RouteSeen
from advisor.model.text import Text
from probes import reasons
from probes.statistics import targets

DOCUMENTED = Text(en="Documented only, not measured.", zh="仅有文档依据，未经实测。")


def seen_in_words(seen: RouteSeen) -> Text:
    """Return how it went and the figures: where it was measured, with whose model, and what its targets say."""
    where = _where(seen)
    if seen.state == "fails":
        why = {lang: reasons.text(reasons.of(seen), lang).rstrip(".。") for lang in ("en", "zh")}
        return Text(en=f"Tried {where.en}, and it failed: {why['en']}.", zh=f"{where.zh}试过，失败：{why['zh']}。")
    figures = {lang: _figures(seen, lang) for lang in ("en", "zh")}
    missed = [name for name, word in seen.targets.items() if word == targets.FAILS]
    en, zh = f"Measured {where.en}: {', '.join(figures['en'])}", f"{where.zh}实测：{'，'.join(figures['zh'])}"
    if missed:
        en += f"; misses the target on {' and '.join(targets.named(name, 'en') for name in missed)}"
        zh += f"；未达到目标：{'、'.join(targets.named(name, 'zh') for name in missed)}"
    if seen.indicative:
        en += " (times are indicative: it is to run on another kind of machine)"
        zh += "（时间仅供参考：它将在另一类机器上运行）"
    return Text(en=f"{en}.", zh=f"{zh}。")


def known_in_words(route: RouteResult) -> Text | None:
    """Return what was measured of a way, and which of its figures would change something; None where nothing was."""
    if route.seen is None:
        return None
    told = [seen_in_words(route.seen), *(flip.text for flip in route.would_flip_at)]
    return Text(en=" ".join(text.en for text in told), zh="".join(text.zh for text in told))


def _where(seen: RouteSeen) -> Text:
    model = (
        Text(en="with your model", zh="用你的模型") if seen.own else Text(en="with a small model", zh="用一个小模型")
    )
    here = Text(en="on another machine", zh="在另一台机器上") if seen.elsewhere else Text(en="here", zh="在此处")
    return Text(en=f"{here.en} {model.en}", zh=f"{here.zh}{model.zh}")


def _figures(seen: RouteSeen, lang: str) -> list[str]:
    zh = lang == "zh"
    found = []
    if seen.artifact_bytes is not None:
        found.append(targets.amount("artifact_mb", _rounded(seen.artifact_bytes / 1e6), lang))
    for name, value in (("p50", seen.p50_ms), ("p95", seen.p95_ms)):
        if value is not None:
            found.append(f"{name} {targets.amount('latency_p95_ms', _rounded(value), lang)}")
    if seen.agreement is not None:
        found.append(f"{seen.agreement:.1%} 的答案相同" if zh else f"{seen.agreement:.1%} of the answers the same")
    elif seen.max_abs is not None:
        found.append(f"答案最多相差 {seen.max_abs:.0e}" if zh else f"answers at most {seen.max_abs:.0e} apart")
    return found


def _rounded(value: float) -> float:
    """Keep three digits: no more were measured."""
    return float(f"{value:.3g}")
