"""Words in both languages, and what every noun is built on."""

from __future__ import annotations

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
