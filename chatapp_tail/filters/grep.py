"""``--grep``: the words of the row, searched with regular expressions.

The text is EVENT, WHO and DETAIL with a space between, neither cut nor with controls made visible.
It is one line, as the row is: each line break, tab and other white space counts as a space. Several
expressions are alternatives, as for ``grep -e``, ``rg -e`` and ``stern --include``.
"""

import re
from collections.abc import Sequence

from chatapp_tail.chatapp.record import Record
from chatapp_tail.chatapp.summary import Summarizer
from chatapp_tail.filters.predicate import Predicate
from chatapp_tail.filters.regex import LONGEST_SEARCHED, is_found

_WHITE = re.compile(r"\s")


def row_matches(greps: Sequence[re.Pattern[str]], summarizer: Summarizer) -> Predicate:
    """Return a predicate: one of ``greps`` is found in the row's text.

    ``summarizer`` is this predicate's own: it remembers the names and messages of what is asked
    about, which is at least what is shown.
    """
    patterns = tuple(greps)

    def accepts(record: Record) -> bool:
        return is_found(patterns, _row_text(record, summarizer))

    return accepts


def _row_text(record: Record, summarizer: Summarizer) -> str:
    summary = summarizer.summarize(record)
    cells = (record.envelope.event, summary.who, summary.words)
    text = " ".join(cell for cell in cells if cell)
    return _WHITE.sub(" ", text[:LONGEST_SEARCHED])
