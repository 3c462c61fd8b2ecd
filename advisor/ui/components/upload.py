"""Opening a file on a page: taken once, refused with every problem of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from advisor.errors import InputError
from advisor.ui import state
from advisor.ui.components import elements
from advisor.ui.texts import language, say
from probes.evidence.documents import EvidenceError

LIMIT = 20
"""Megabytes; as ``server.maxUploadSize`` in .streamlit/config.toml."""

REFUSED = """<style>
[data-testid="stFileChip"][aria-invalid="true"] { overflow: visible; margin-bottom: 1.6rem; position: relative; }
[data-testid="stFileChip"] > [role="alert"] {
  position: absolute; top: 100%; left: 0; width: max-content; max-width: 16rem; height: auto; margin: .3rem 0 0;
  clip: auto; clip-path: none; overflow: visible; white-space: normal; font-size: 0;
}
[data-testid="stFileChip"] > [role="alert"]::after {
  content: "TEXT"; font-size: .85rem; color: light-dark(#a3171f, #ff9d9d);
}
</style>"""
"""Streamlit (1.67) refuses a file that is too large before it is sent, and says so in a hint on hovering alone."""

CHINESE = """<style>
[data-testid="stFileUploaderDropzone"] button p,
[data-testid="stFileUploaderDropzoneInstructions"] span { font-size: 0; }
[data-testid="stFileUploaderDropzone"] button p::after { content: "选择文件"; font-size: .9rem; }
[data-testid="stFileUploaderDropzoneInstructions"] span::after { content: "最大 20 MB"; font-size: .8rem; }
</style>"""
"""Chinese for the one widget whose button and limit Streamlit (1.67) writes in English and offers no way to set; to go
as soon as ``st.file_uploader`` takes these words."""


def upload(label: str, take: Callable[[bytes], None], *, types: Sequence[str], key: str) -> None:
    """Offer to open a file and hand what it holds to ``take``, once.

    Args:
        label: of the widget.
        take: gets the file's bytes; an InputError or EvidenceError of it is shown, and the file is not taken.
        types: endings of the files that may be chosen.
        key: of the widget.
    """
    too_large = say(f"Not taken: larger than {LIMIT} MB.", f"未采用：文件超过 {LIMIT} MB。")
    st.html(REFUSED.replace("TEXT", too_large))
    if language() == "zh":
        st.html(CHINESE)
    given = st.file_uploader(label, type=list(types), key=key)
    if given is None or state.upload_kept(key) == given.file_id:
        return
    try:
        take(given.getvalue())
    except (EvidenceError, InputError) as error:
        elements.problems(error.problems, title=say("The file was not taken:", "文件未被采用："))
        return
    state.keep_upload(key, given.file_id)
    st.rerun()
