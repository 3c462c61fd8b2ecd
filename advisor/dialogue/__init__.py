"""A conversation about the choice, as a small state machine: state and input in, state and messages out.

    state, messages = start(lang="en")
    state, messages = reply(state, "real-time detection on a Raspberry Pi, no GPU", knowledge, judge)
    state, messages = reply(state, messages[-1].chips[0].action, knowledge, judge)     # a chip was pressed

- ``said`` is what the user typed (str) or the ``Action`` of the chip that was pressed.
- ``judge(needs) -> Recommendation`` is the caller's: ``advise`` with today's date, the measured evidence and
  the installed versions bound. It is called a few times a turn, so it should be quick.
- ``Message.text`` is Markdown made of our words only. The user's words stand in ``Chip.quote`` and in the
  transcript, to be shown as plain text. ``Message.citations`` are the claims and sources behind an answer.
- ``Message.do`` asks the caller to act: "measure" = run the probe plan of ``judge(state.assumed(knowledge))`` and call
  ``reply(state, Action(verb="result"), ...)`` with a judge that knows the new evidence; "report" = make the report.
- ``State`` is JSON (``model_dump(mode="json")``) and belongs in the session; ``state.transcript`` goes into the
  report; ``state.needs`` is what was said, ``state.assumed(knowledge)`` adds at half certainty what was only implied.
- Chip states: "said", "excluded", "implied" (dashed) are facts, pressing takes them back (an implied one is
  accepted by its "choice" twin in the question); "choice" answers the question asked; "step" goes on.

Pure: no files but the reader's own, no clock. Contradictions are asked about and never overwritten.
"""

from advisor.dialogue.transitions import reply, start
from advisor.dialogue.types import TARGETS, Action, Chip, Citation, Conflict, Lang, Message, State, Turn

__all__ = ["TARGETS", "Action", "Chip", "Citation", "Conflict", "Lang", "Message", "State", "Turn", "reply", "start"]
