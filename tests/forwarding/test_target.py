import pytest

from chatapp_tail.errors import UsageError
from chatapp_tail.forwarding.target import Header, check_target, merged, parse_header

SECRET = "s3cret-of-the-webhook"


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


# The URL


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:3000/webhook",
        "http://LOCALHOST",
        "http://crm.localhost/",
        "http://127.0.0.1:3000/webhook?key=1#part",
        "http://127.9.9.9",
        "http://[::1]:3000/webhook",
        "https://crm.example/webhook",
        "https://crm.example:8443",
        "https://crm.example:",
        "HTTPS://crm.example",
        "https://crm.example/@me",
        "https://a_b.example.",
        "https://пример.рф/крючок",
        "https://[2001:db8::1]/webhook",
        "https://[fe80::1%eth0]/webhook",
    ],
)
def test_good_target_passes(url: str) -> None:
    check_target(url, insecure=False)


@pytest.mark.parametrize(
    "url",
    [
        "localhost:3000/webhook",
        "localhost",
        "/webhook",
        "",
        "ftp://localhost/webhook",
        "ws://localhost/webhook",
        "file:///etc/passwd",
    ],
)
def test_target_needs_http(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_target(url, insecure=True)
    assert caught.value.message == "this is not an http:// or https:// URL"
    assert caught.value.hint == "For example: http://localhost:3000/webhook"


@pytest.mark.parametrize(
    "url",
    [
        "http://",
        "http:///webhook",
        "http:localhost",
        "http://:3000/webhook",
        "http://localhost:0/",
        "http://localhost:99999/",
        "http://localhost:port/",
        "http://[::1",
        "http://[localhost]/",
        "http://[::1]x/",
        "http://local host/",
        "http://localhost/web hook",
        "http://localhost/web\nhook",
        "http://localhost/\x1b[2J",
        " http://localhost/",
        "https://*.example/",
        "https://a..b/",
        "https://.example/",
        f"https://{'a' * 64}.example/",
        "https://exa%6dple/",
        "http://me@/",
    ],
)
def test_target_needs_an_address(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_target(url, insecure=True)
    assert caught.value.message == "this is not a valid URL"
    assert caught.value.hint == "For example: http://localhost:3000/webhook"


@pytest.mark.parametrize(
    "url",
    [
        f"https://me:{SECRET}@crm.example/",
        f"http://{SECRET}@localhost/",
        "https://@crm.example/",
        "https://:@crm.example/",
    ],
)
def test_credentials_belong_in_a_header(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_target(url, insecure=True)
    assert caught.value.message == "a user or password can't be in the URL"
    assert caught.value.hint == ("Send them in a header: --forward-header 'Authorization: Basic …'")


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
    assert caught.value.message == (f"what customers write would go to {host} without encryption")
    assert caught.value.hint == (
        "Use https://, or add --forward-insecure if you trust the network in between."
    )


# Headers


@pytest.mark.parametrize(
    ("text", "header"),
    [
        ("X-Source: chatapp-tail", Header("X-Source", "chatapp-tail")),
        ("X-Source:chatapp-tail", Header("X-Source", "chatapp-tail")),
        (" X-Source :  a  b\t", Header("X-Source", "a  b")),
        ("Authorization: Bearer a:b=", Header("Authorization", "Bearer a:b=")),
        ("Host: crm.example", Header("Host", "crm.example")),
        ("User-Agent: ChatApp", Header("User-Agent", "ChatApp")),
        ("X-Name: Zoë", Header("X-Name", "Zoë")),
        ("a!#$%&'*+-.^_`|~9: 1", Header("a!#$%&'*+-.^_`|~9", "1")),
    ],
)
def test_header_is_a_name_and_a_value(text: str, header: Header) -> None:
    assert parse_header(text) == header


@pytest.mark.parametrize(
    "text",
    ["", f"X-Key: {SECRET}\r\nX-Other: 1", f"{SECRET}\n", "X-Key: a\x00b", "X-Key: a\x7f",
     "X-Key: a\x85", "X-Имя: 1", "X-Key: ключ", "X-Key: \ud83d", "X-Key: “a”"],
)  # fmt: skip
def test_header_is_one_line_of_latin_1(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_header(text)
    assert caught.value.message == "this holds what can't be in a header"
    assert caught.value.hint == "A header is one line, in letters of Western Europe."


@pytest.mark.parametrize(
    "text", [SECRET, f": {SECRET}", f"Bearer {SECRET}", f"X Key: {SECRET}", f"X(Key): {SECRET}"]
)
def test_header_without_a_name_isnt_quoted(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_header(text)
    assert caught.value.message == "this is not of the form 'Name: value'"
    assert caught.value.hint == "For example: 'X-Source: chatapp-tail'"


@pytest.mark.parametrize(
    "name",
    ["Content-Length", "content-type", "Content-Encoding", "Transfer-Encoding", "CONNECTION",
     "Expect", "Upgrade", "Proxy-Authorization"],
)  # fmt: skip
def test_header_that_follows_from_the_request_cant_be_set(name: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_header(f"{name}: {SECRET}")
    assert caught.value.message == f"{name} can't be set"
    assert caught.value.hint == "It follows from what is sent, and how."


@pytest.mark.parametrize("text", ["X-Key:", "X-Key:  \t", "X-Key:\xa0"])
def test_header_without_a_value_is_asked_about(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_header(text)
    assert caught.value.message == "X-Key has no value"
    assert caught.value.hint == "Is a variable of the shell empty?"


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
def test_secrets_of_a_header_are_no_common_words(
    name: str, value: str, secrets: tuple[str, ...]
) -> None:
    assert Header(name, value).secrets == secrets
