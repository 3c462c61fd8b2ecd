"""Which questions the rules treat specially, by the role that the knowledge base gives them. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from advisor.model.knowledge import Knowledge


@dataclass(frozen=True)
class Roles:
    """Ids of questions by their role, as ``ReadingRules`` explains it."""

    target: frozenset[str] = frozenset()
    team_knowledge: frozenset[str] = frozenset()
    existing_code: frozenset[str] = frozenset()

    @property
    def background(self) -> frozenset[str]:
        """Questions about the past too: "we used to write Keras" says what the team knows."""
        return self.team_knowledge | self.existing_code

    @classmethod
    def of(cls, knowledge: Knowledge) -> Roles:
        """Return the roles in ``knowledge``."""

        def having(role: str) -> frozenset[str]:
            return frozenset(name for name, question in knowledge.questions.items() if question.reading.role == role)

        return cls(
            target=having("target"),
            team_knowledge=having("team-knowledge"),
            existing_code=having("existing-code"),
        )
