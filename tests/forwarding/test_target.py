import pytest

from chatapp_tail.errors import UsageError
from chatapp_tail.forwarding.target import Header, check_target, merged, parse_header

SECRET = "s3cret-of-the-webhook"


# The URL


@pytest.mark.parametrize(
    "url",
    ["http://localhost:3000/webhook", "http://LOCALHOST", "http://crm.localhost/",
     "http://127.0.0.1:3000/webhook?key=1#part", "http://127.9.9.9", "http://[::1]:3000/webhook",
     "https://crm.example:8443", "https://crm.example:", "HTTPS://crm.example",
     "https://crm.example/@me", "https://a_b.example.", "https://пример.рф/крючок",
     "https://[2001:db8::1]/webhook", "https://[fe80::1%eth0]/webhook"],
)  # fmt: skip
def test_good_target_passes(url: str) -> None:
    check_target(url, insecure=False)


NO_HTTP = "this is not an http:// or https:// URL"
NOT_VALID = "this is not a valid URL"
NO_USER = "a user or password can't be in the URL"


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("localhost:3000/webhook", NO_HTTP),
        ("/webhook", NO_HTTP),
        ("", NO_HTTP),
        ("ws://localhost/webhook", NO_HTTP),
        ("file:///etc/passwd", NO_HTTP),
        ("http://", NOT_VALID),
        ("http:localhost", NOT_VALID),
        ("http://:3000/webhook", NOT_VALID),
        ("http://localhost:0/", NOT_VALID),
        ("http://localhost:99999/", NOT_VALID),
        ("http://localhost:port/", NOT_VALID),
        ("http://[::1", NOT_VALID),
        ("http://[localhost]/", NOT_VALID),
        ("http://[::1]x/", NOT_VALID),
        ("http://local host/", NOT_VALID),
        ("http://localhost/web hook", NOT_VALID),
        ("http://localhost/web\nhook", NOT_VALID),
        ("http://localhost/\x1b[2J", NOT_VALID),
        (" http://localhost/", NOT_VALID),
        ("https://*.example/", NOT_VALID),
        ("https://a..b/", NOT_VALID),
        (f"https://{'a' * 64}.example/", NOT_VALID),
        ("https://exa%6dple/", NOT_VALID),
        ("http://me@/", NOT_VALID),
        (f"https://me:{SECRET}@crm.example/", NO_USER),
        (f"http://{SECRET}@localhost/", NO_USER),
        ("https://@crm.example/", NO_USER),
    ],
)
def test_bad_target_is_refused_with_the_next_step(url: str, problem: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_target(url, insecure=True)
    assert caught.value.message == problem
    assert caught.value.hint == (
        "Send them in a header: --forward-header 'Authorization: Basic …'"
        if problem == NO_USER
        else "For example: http://localhost:3000/webhook"
    )


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("http://crm.example/webhook", "crm.example"),
        ("http://192.168.1.2:3000", "192.168.1.2"),
        ("http://0.0.0.0:3000", "0.0.0.0"),
        ("http://[2001:db8::1]/webhook", "2001:db8::1"),
        ("http://localhost.example", "localhost.example"),
        ("http://127.0.0.1.example", "127.0.0.1.example"),
    ],
)
def test_plain_http_to_another_host_must_be_asked_for(url: str, host: str) -> None:
    check_target(url, insecure=True)
    with pytest.raises(UsageError) as caught:
        check_target(f"{url}?key={SECRET}", insecure=False)
    assert caught.value.message == f"what customers write would go to {host} without encryption"
    assert caught.value.hint == (
        "Use https://, or add --forward-insecure if you trust the network in between."
    )


# Headers


@pytest.mark.parametrize(
    ("text", "header"),
    [
        ("X-Source:chatapp-tail", Header("X-Source", "chatapp-tail")),
        (" X-Source :  a  b\t", Header("X-Source", "a  b")),
        ("Authorization: Bearer a:b=", Header("Authorization", "Bearer a:b=")),
        ("X-Name: Zoë", Header("X-Name", "Zoë")),
        ("a!#$%&'*+-.^_`|~9: 1", Header("a!#$%&'*+-.^_`|~9", "1")),
    ],
)
def test_header_is_a_name_and_a_value(text: str, header: Header) -> None:
    assert parse_header(text) == header


NOT_SENDABLE = (
    "this holds what can't be in a header",
    "A header is one line, in letters of Western Europe.",
)
NO_NAME = ("this is not of the form 'Name: value'", "For example: 'X-Source: chatapp-tail'")
NO_VALUE = ("X-Key has no value", "Is a variable of the shell empty?")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", NOT_SENDABLE),
        (f"X-Key: {SECRET}\r\nX-Other: 1", NOT_SENDABLE),
        (f"{SECRET}\n", NOT_SENDABLE),
        ("X-Key: a\x00b", NOT_SENDABLE),
        ("X-Key: a\x7f", NOT_SENDABLE),
        ("X-Key: a\x85", NOT_SENDABLE),
        ("X-Имя: 1", NOT_SENDABLE),
        ("X-Key: ключ", NOT_SENDABLE),
        ("X-Key: \ud83d", NOT_SENDABLE),
        (SECRET, NO_NAME),
        (f": {SECRET}", NO_NAME),
        (f"Bearer {SECRET}", NO_NAME),
        (f"X Key: {SECRET}", NO_NAME),
        (f"X(Key): {SECRET}", NO_NAME),
        ("X-Key:", NO_VALUE),
        ("X-Key:  \t", NO_VALUE),
        ("X-Key:\xa0", NO_VALUE),
    ],
)
def test_bad_header_is_refused_without_being_quoted(text: str, problem: tuple[str, str]) -> None:
    with pytest.raises(UsageError) as caught:
        parse_header(text)
    assert (caught.value.message, caught.value.hint) == problem


@pytest.mark.parametrize(
    "name", ["Content-Length", "content-type", "CONNECTION", "Proxy-Authorization"]
)
def test_header_that_follows_from_the_request_cannot_be_set(name: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_header(f"{name}: {SECRET}")
    assert caught.value.message == f"{name} can't be set"
    assert caught.value.hint == "It follows from what is sent, and how."


def test_value_of_a_header_is_in_no_repr() -> None:
    assert repr(parse_header(f"X-Key: {SECRET}")) == "Header(name='X-Key')"


def test_values_of_one_name_are_joined() -> None:
    headers = [Header("X-A", "1"), Header("X-B", "2"), Header("x-a", "3"), Header("X-A", "4")]
    assert merged(headers) == {"X-A": "1, 3, 4", "X-B": "2"}


@pytest.mark.parametrize(
    ("name", "value", "secrets"),
    [
        ("Authorization", "Bearer abc123", ("Bearer abc123", "Bearer", "abc123")),
        ("x-api-KEY", "short", ("short", "short")),
        ("X-Kind", "channels", ()),
        ("X-Source", "chatapp-tail", ()),
        ("X-Origin", "https://crm.example/a/long/path/of/2026", ()),
        ("X-Hook", "of 3f7a9c20b1d84e6f92aa", ("3f7a9c20b1d84e6f92aa",)),
    ],
)
def test_secrets_of_a_header_leave_out_common_words(
    name: str, value: str, secrets: tuple[str, ...]
) -> None:
    assert Header(name, value).secrets == secrets
