import pytest

from chatapp_tail.masking import Secrets
from tests.support.credentials import APP
from tests.support.waiting import assert_linear

TOKEN = "$2y$10$made.up/token.for/tests.only.abcdefghijklmnopqrstuvwx"
# Of no known form: it can't be recognized, only remembered.
STRANGE = "strange/secret-0123456789.abcdef"
SIGNATURE = "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("bad strange/secret-0123456789.abcdef!", "bad ***!"),
        ("strange/secret-0123456789.abcdefstrange/secret-0123456789.abcdef", "******"),
        (r"strange\/secret-0123456789.abcdef", "***"),
        (r"strange\u002Fsecret\u002d0123456789.abcdef", "***"),
        (r"strange\\\/secret-0123456789.abcdef", "***"),
        ("strange%2fsecret%2D0123456789.abcdef", "***"),
        (r"\u0073trange/secret-0123456789.abcde\u0066", "***"),
        ("trange/secret-0123456789.abcdef", "***"),
        ("strange/secret-0123456789.abcde", "***"),
        ("strange/secret- 0123456789.abcdef", "***"),
        ("strange/\n\tsecret-0123\r456789.abcdef", "***"),
        (
            "it begins with strange/secre, ends with 6789.abcdef",
            "it begins with ***, ends with 6789.abcdef",
        ),
        ("first strange/secret, then -0123456789.abcdef", "first ***, then ***"),
        (
            "strange/secr is long enough to be masked, strange/sec",
            "*** is long enough to be masked, strange/sec",
        ),
        ("no secret at all", "no secret at all"),
        ("", ""),
    ],
)
def test_pieces_of_a_secret_are_masked_in_each_spelling(text: str, masked: str) -> None:
    assert Secrets([STRANGE]).masked(text) == masked


def test_short_secret_is_masked_as_a_whole_only() -> None:
    secrets = Secrets(["hunter22"])
    assert secrets.masked("hunter22, hunter2 and hunter 22") == "***, hunter2 and ***"


def test_secret_within_another_one_is_masked_with_it() -> None:
    assert Secrets(["y:a"]).masked('{"auth":"key:abc"}') == '{"auth":"***"}'


def test_secret_is_masked_as_http_reads_it() -> None:
    assert Secrets(["Пароль"]).masked("Пароль: Ð\x9fÐ°Ñ\x80Ð¾Ð»Ñ\x8c") == "***: ***"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ('{"auth":"key:abc","x":1,"auth":""}', '{"auth":"***","x":1,"auth":"***"}'),
        (r"{\"auth\" : \"key:abc\"}", r"{\"auth\" : \"***\"}"),
        ('{"auth":"key:ab', '{"auth":"***'),
        (f"{APP.key}:{SIGNATURE}", f"{APP.key}:***"),
        (f"{SIGNATURE}0", f"{SIGNATURE}0"),
        (f"a {TOKEN}, b", "a ***, b"),
        (TOKEN.replace("/", r"\\\/"), "***"),
        (TOKEN[:-1], TOKEN[:-1]),
    ],
)
def test_unknown_text_in_the_form_of_a_secret_is_masked(text: str, masked: str) -> None:
    assert Secrets().masked(text) == masked


@pytest.mark.parametrize("secret", [STRANGE, TOKEN, SIGNATURE, f'"auth":"{APP.key}:{SIGNATURE}"'])
@pytest.mark.parametrize("shown", range(0, 70, 7))
def test_secret_is_not_half_shown_where_a_text_is_cut(secret: str, shown: int) -> None:
    text = "-" * 100 + secret + "-" * 100
    masked = Secrets([STRANGE]).masked(text, 100 + shown)
    assert masked.startswith("-" * 100)
    rest = masked[100:].rstrip("-")
    assert rest in ("", "***", '"auth":"***', '"auth":"'[:shown])


def test_text_is_cut_at_the_limit_however_much_is_masked() -> None:
    text = f"{STRANGE} and " * 1_000 + STRANGE
    masked = Secrets([STRANGE]).masked(text, len(f"{STRANGE} and ") * 500)
    assert masked == "*** and " * 500


@pytest.mark.parametrize(
    "unit", ["\\", "auth", 'auth\\"', 'auth"  ', "0", "$2y$10$", "$2y$10$\\", "%2", "\\u00", " \\"]
)
def test_time_is_linear_whatever_the_text(unit: str) -> None:
    secrets = Secrets([TOKEN, STRANGE])
    assert_linear(lambda size: secrets.masked(unit * (size // len(unit))), 40_000)
