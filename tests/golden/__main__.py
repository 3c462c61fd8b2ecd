"""``python -m tests.golden``: the results anew, with the base and the needs as they are held."""

import numpy as np

from advisor.decisions.provenance import ENGINE
from tests import golden

document = golden.held()
knowledge = golden.knowledge_of(document)
for case in document["cases"]:
    case["result"] = golden.answer(case["needs"], knowledge, document["day"])
golden.keep({**document, "engine": ENGINE, "numpy": np.__version__})
