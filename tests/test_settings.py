import pytest

from chatapp_tail.errors import UsageError
from chatapp_tail.settings import Endpoint, TailSettings


def test_endpoint_is_that_of_chatapp_unless_told() -> None:
    assert Endpoint() == Endpoint(
        "wss://socket.chatapp.online:6001", "https://api.chatapp.online", "ChatsAppApiProdKey"
    )
    assert TailSettings(channels=()).endpoint == Endpoint()


@pytest.mark.parametrize(
    "url", ["ws://localhost", "wss://[::1]:6001", "wss://socket.example.com:443", "ws://host_name"]
)
def test_socket_url_of_the_right_form_is_taken(url: str) -> None:
    assert Endpoint(socket_url=url).socket_url == url


BAD_HOSTS = [
    *["", "localhost:6001", "{}://", "{}://:6001", "{}://host/", "{}://host?", "{}://host#x"],
    *["{}://user:pw@host", "{}://host:0", "{}://host:65536", "{}://host:port", "{}://[::1"],
    *["{}://ho\nst", "{}:host", "ftp://host"],
]


@pytest.mark.parametrize(
    ("field", "scheme", "form"),
    [
        *(("socket_url", "ws", form) for form in [*BAD_HOSTS, "https://host"]),
        *(("api_url", "http", form) for form in [*BAD_HOSTS, "wss://host"]),
    ],
)
def test_url_of_another_form_is_refused(field: str, scheme: str, form: str) -> None:
    url = form.format(f"{scheme}s")
    with pytest.raises(UsageError) as refused:
        Endpoint(**{field: url})  # type: ignore[arg-type]
    assert str(refused.value) == f"{url!r} is not of the form {scheme}[s]://host[:port]"
    assert refused.value.hint == f"For example: {scheme}s://localhost:6001"
    assert refused.value.option == field.replace("_", "-")


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://api.example", ""),
        ("http://127.0.0.1:8765", ""),
        ("http://localhost", ""),
        ("http://[::1]:80", ""),
        ("http://api.example:8080", "api.example"),
        ("http://10.0.0.1", "10.0.0.1"),
    ],
)
def test_only_this_machine_gets_secrets_without_encryption(url: str, host: str) -> None:
    assert Endpoint(api_url=url).exposed_to == host
    assert Endpoint(api_url=url, insecure=True).exposed_to == ""
