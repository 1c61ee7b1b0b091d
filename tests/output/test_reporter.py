from io import StringIO

import pytest

from chatapp_tail.output.reporter import NOTICES, Reporter
from chatapp_tail.output.status import Status, Verbosity
from tests.support.fake_clock import FakeClock
from tests.support.schema import validate_line


class Reported:
    """A reporter, its messages and its notices."""

    def __init__(self, verbosity: int = Verbosity.NORMAL, *, notices: bool = True) -> None:
        self._stream = StringIO()
        self.lines: list[bytes] = []
        status = Status(self._stream, verbosity)
        self.reporter = Reporter(status, FakeClock(), self._put if notices else None)

    @property
    def said(self) -> str:
        return self._stream.getvalue()

    def notices(self) -> list[dict[str, object]]:
        """Return the notices; fails for one that the shipped schema doesn't allow."""
        return list(map(validate_line, self.lines))

    def _put(self, lines: bytes, records: int) -> bool:
        assert (lines.count(b"\n"), records) == (1, 1)
        self.lines.append(lines)
        return True


def test_notice_is_a_record_of_version_1_with_its_facts() -> None:
    reported = Reported()
    reported.reporter.say("heartbeat", "all is well", silence=60.5, since_pong=None)
    assert reported.said == "chatapp-tail: all is well\n"
    assert reported.lines[0] == (
        b'{"v":1,"kind":"notice","at":"2026-11-22T12:00:00.000Z","type":"heartbeat",'
        b'"silence":60.5,"since_pong":null}\n'
    )


@pytest.mark.parametrize("notice", NOTICES)
def test_each_type_of_notice_is_in_the_shipped_schema(notice: str) -> None:
    reported = Reported()
    reported.reporter.note(notice, channels=["a"], reason="silent")
    (line,) = reported.notices()
    assert (line["type"], line["channels"], line["reason"]) == (notice, ["a"], "silent")


@pytest.mark.parametrize("notices", [True, False])
@pytest.mark.parametrize(
    ("verbosity", "said"),
    [
        (Verbosity.QUIET, []),
        (Verbosity.NORMAL, ["b", "warning: c", "  next"]),
        (Verbosity.VERBOSE, ["a", "b", "warning: c", "  next"]),
    ],
)
def test_verbosity_is_for_messages_and_an_option_for_notices(
    verbosity: int,
    said: list[str],
    notices: bool,  # noqa: FBT001
) -> None:
    reported = Reported(verbosity, notices=notices)
    reported.reporter.detail("connected", "a", socket_id="1.1")
    reported.reporter.say("subscribed", "b", channel="x")
    reported.reporter.warn("retry", "c", "next", delay=1.5)
    reported.reporter.note("lost", reason="silent")
    lines = [line.removeprefix("chatapp-tail: ") for line in reported.said.splitlines()]
    assert lines == said
    types = ["connected", "subscribed", "retry", "lost"] if notices else []
    assert [line["type"] for line in reported.notices()] == types


def test_hostile_facts_stay_in_one_safe_line() -> None:
    reported = Reported()
    hostile = "\x1b[2J\n\u202e\ud83d\u2028\x9b"
    reported.reporter.warn("refused", hostile, reason=hostile, channel=hostile)
    (line,) = reported.notices()
    assert (line["reason"], line["channel"]) == (hostile, hostile)
    assert reported.said == ("chatapp-tail: warning: \\x1b[2J\\n\\u202e\\ud83d\\u2028\\x9b\n")


def test_secrets_are_masked_in_facts_and_not_in_their_names() -> None:
    reported = Reported()
    reported.reporter.status.hide("peculiar_fact")
    reported.reporter.note(
        "retry", peculiar_fact="of peculiar_fact", channels=["x-peculiar_fact"], delay=1.5
    )
    assert reported.lines[0].endswith(
        b'"type":"retry","peculiar_fact":"of ***","channels":["x-***"],"delay":1.5}\n'
    )
