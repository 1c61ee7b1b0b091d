from io import StringIO
from pathlib import Path

import pytest

from chatapp_tail.errors import ChatAppTailError
from chatapp_tail.output.status import Status, Verbosity
from chatapp_tail.pusher.protocol import Authorization, subscribe_text
from tests.support.credentials import TOKEN
from tests.support.records import TELEGRAM

SIGNATURE = "ChatsAppApiProdKey:0123456789abcdef"


def said(verbosity: int = Verbosity.NORMAL) -> tuple[Status, StringIO]:
    stream = StringIO()
    return Status(stream, verbosity), stream


@pytest.mark.parametrize(
    ("verbosity", "lines"),
    [
        (Verbosity.QUIET, ["chatapp-tail: error: error", "  next"]),
        (
            Verbosity.NORMAL,
            [
                "chatapp-tail: error: error",
                "  next",
                "chatapp-tail: warning: warning",
                "  step",
                "chatapp-tail: sentence",
            ],
        ),
        (
            Verbosity.VERBOSE,
            [
                "chatapp-tail: error: error",
                "  next",
                "chatapp-tail: warning: warning",
                "  step",
                "chatapp-tail: sentence",
                "chatapp-tail: detail",
            ],
        ),
        (
            Verbosity.FRAMES,
            [
                "chatapp-tail: error: error",
                "  next",
                "chatapp-tail: warning: warning",
                "  step",
                "chatapp-tail: sentence",
                "chatapp-tail: detail",
                "< {}",
            ],
        ),
    ],
)
def test_verbosity_decides_what_is_said(verbosity: Verbosity, lines: list[str]) -> None:
    status, stream = said(verbosity)
    status.error(ChatAppTailError("error", hint="next"))
    status.warn("warning", "step")
    status.say("sentence")
    status.detail("detail")
    status.frame("<", "{}")
    assert stream.getvalue().splitlines() == lines


def test_hint_of_several_lines_is_indented_below() -> None:
    status, stream = said()
    status.error(ChatAppTailError("no token", hint="one way\n  another"))
    assert stream.getvalue() == "chatapp-tail: error: no token\n  one way\n    another\n"


def test_remote_text_stays_in_its_line() -> None:
    status, stream = said(Verbosity.FRAMES)
    status.warn("the server says: \x1b[2J\x1b]0;x\x07\nchatapp-tail: all is well\u202e \ud83d")
    status.frame("<", "\x9b2J[bold]\r")
    assert stream.getvalue() == (
        "chatapp-tail: warning: the server says: \\x1b[2J\\x1b]0;x\\x07\\nchatapp-tail: "
        "all is well\\u202e \\ud83d\n"
        "< \\x9b2J[bold]\\r\n"
    )


def test_secrets_are_hidden_in_everything_said() -> None:
    status, stream = said(Verbosity.FRAMES)
    status.hide(TOKEN)
    status.hide(TOKEN)
    status.hide("")
    status.error(ChatAppTailError(f"bad {TOKEN}", hint=f"try {TOKEN}"))
    status.warn(f"bad {TOKEN}", f"try {TOKEN}")
    status.say(f"{TOKEN}{TOKEN}")
    status.detail(f"{TOKEN} here")
    status.frame("<", f'{{"echo":"{TOKEN}"}}')
    assert stream.getvalue().splitlines() == [
        "chatapp-tail: error: bad ***",
        "  try ***",
        "chatapp-tail: warning: bad ***",
        "  try ***",
        "chatapp-tail: ******",
        "chatapp-tail: *** here",
        '< {"echo":"***"}',
    ]


@pytest.mark.parametrize("position", [0, 9_970, 9_985, 9_998, 20_000])
def test_secret_is_hidden_wherever_a_long_sentence_is_cut(position: int) -> None:
    status, stream = said(Verbosity.FRAMES)
    status.hide(TOKEN)
    text = "x" * position + TOKEN
    status.frame("<", text)
    status.say(text)
    assert TOKEN[:7] not in stream.getvalue()


@pytest.mark.parametrize(
    "frame",
    [
        subscribe_text(TELEGRAM, Authorization(SIGNATURE)),
        f'{{"auth" : "{SIGNATURE}"}}',
        f'{{"data":{{"auth":"{SIGNATURE}',
        f'{{"auth":"a","x":1,"auth":"{SIGNATURE}"}}',
        f'{{"x":"{"x" * 9_980}","auth":"{SIGNATURE}"}}',
    ],
    ids=["ours", "spaces", "cut off", "two", "long"],
)
def test_signatures_are_masked_in_frames(frame: str) -> None:
    status, stream = said(Verbosity.FRAMES)
    status.frame(">", frame)
    assert "0123" not in stream.getvalue()
    assert "ChatsApp" not in stream.getvalue()


def test_subscribe_frame_keeps_all_but_its_signature() -> None:
    status, stream = said(Verbosity.FRAMES)
    status.frame(">", subscribe_text(TELEGRAM, Authorization(SIGNATURE, '{"user_id":1}')))
    assert stream.getvalue() == (
        f'> {{"event":"pusher:subscribe","data":{{"channel":"{TELEGRAM}","auth":"***",'
        '"channel_data":"{\\"user_id\\":1}"}}\n'
    )


def test_only_the_beginning_of_megabytes_is_shown() -> None:
    status, stream = said(Verbosity.FRAMES)
    status.frame("<", "x" * 8_000_000)
    assert len(stream.getvalue()) == len("< ") + 10_000 + len("\n")


def test_every_sentence_is_flushed(tmp_path: Path) -> None:
    path = tmp_path / "stderr"
    with path.open("w") as stream:
        Status(stream).say("now")
        assert path.read_text() == "chatapp-tail: now\n"


def test_closed_stderr_is_no_error() -> None:
    stream = StringIO()
    stream.close()
    Status(stream).error(ChatAppTailError("nobody sees it"))


def test_broken_stderr_is_no_error() -> None:
    class Broken(StringIO):
        def write(self, _: str) -> int:
            raise BrokenPipeError

    Status(Broken()).say("nobody sees it")


def test_stderr_that_cannot_encode_is_no_error(tmp_path: Path) -> None:
    with (tmp_path / "stderr").open("w", encoding="ascii") as stream:
        Status(stream).say("Привет")
