"""Words in both languages, and what every noun is built on."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict


class Strict(BaseModel):
    """Written by people: frozen, and an unknown key is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Text(Strict):
    """The same words in both languages."""

    en: str
    zh: str

    def in_(self, lang: str) -> str:
        """Return the text in ``lang`` ("en" or "zh")."""
        return self.zh if lang == "zh" else self.en


class Frozen(BaseModel):
    """Made by the program: frozen; unknown keys of later versions are kept."""

    model_config = ConfigDict(frozen=True, extra="allow")


def localized(text: Text | Mapping[str, str] | str | None, lang: str) -> str:
    """Return a text in ``lang``, "" where there is none.

    Args:
        text: as the program holds it or as a JSON document does; a bare string is the same in every language.
        lang: "en" or "zh".
    """
    if isinstance(text, Text):
        return text.in_(lang)
    if isinstance(text, Mapping):
        return str(text.get(lang) or text.get("en") or "")
    return text or ""
