"""``python -m advisor.reading card`` or ``model``: write the model card, or what was learned, beside the phrases."""

from __future__ import annotations

import sys

from advisor.knowledge.loading import knowledge_folder, load_knowledge
from advisor.reading import benchmark_texts, load_model, phrases
from advisor.reading.model import SHIPPED, packed
from advisor.reading.model_card import card
from advisor.reading.reader import made_from
from probes.system.files import write_atomically


def main(arguments: list[str]) -> int:
    """Write MODEL_CARD.md or model.npz into knowledge/phrases; any other argument is refused with status 2."""
    if arguments not in (["card"], ["model"]):
        sys.stderr.write("usage: python -m advisor.reading card|model\n")
        return 2
    folder = knowledge_folder() / "phrases"
    if arguments == ["model"]:
        write_atomically(folder / SHIPPED, packed(made_from(knowledge_folder().resolve()), load_model().model))
        sys.stdout.write(f"{folder / SHIPPED}\n")
        return 0
    described = benchmark_texts.load(knowledge_folder() / "descriptions")
    text = card(phrases.load(folder), described, load_model(), load_knowledge())
    write_atomically(folder / "MODEL_CARD.md", text.encode())
    sys.stdout.write(f"{folder / 'MODEL_CARD.md'}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
