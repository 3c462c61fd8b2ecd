"""``python -m advisor.reading card``: write the model card beside the phrases."""

from __future__ import annotations

import sys

from advisor.knowledge.loading import knowledge_folder, load_knowledge
from advisor.reading import benchmark_texts, load_model, phrases
from advisor.reading.model_card import card


def main(arguments: list[str]) -> int:
    """Write knowledge/phrases/MODEL_CARD.md; any other argument is refused with status 2."""
    if arguments != ["card"]:
        sys.stderr.write("usage: python -m advisor.reading card\n")
        return 2
    folder = knowledge_folder() / "phrases"
    described = benchmark_texts.load(knowledge_folder() / "descriptions")
    text = card(phrases.load(folder), described, load_model(), load_knowledge())
    (folder / "MODEL_CARD.md").write_text(text, encoding="utf-8")
    sys.stdout.write(f"{folder / 'MODEL_CARD.md'}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
