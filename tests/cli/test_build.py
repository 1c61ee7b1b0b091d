"""Options to settings: contradictions are refused, and probable typing errors warned of."""

from io import StringIO

import pytest

from chatapp_tail.chatapp.channels import parse_spec
from chatapp_tail.cli.build import build_endpoint, build_settings, build_show, warn_of_guesses
from chatapp_tail.cli.options import (
    ConnectionOptions,
    EndpointOptions,
    FilterOptions,
    ForwardOptions,
    LiveOptions,
    OutputOptions,
    RecordOptions,
    ShowOptions,
    StopOptions,
    VerbosityOptions,
)
from chatapp_tail.errors import UsageError
from chatapp_tail.forwarding.target import ForwardTarget
from chatapp_tail.output import ColorMode, OutputFormat, TimeFormat
from chatapp_tail.output.formats import OutputSettings
from chatapp_tail.output.status import Status
from chatapp_tail.settings import Endpoint, ForwardSettings, ShowSettings, TailSettings
from tests.support.records import TELEGRAM

CHANNELS = (parse_spec("1229/telegram"),)
JSON = OutputFormat.JSON


def settings(
    show: ShowOptions | None = None,
    live: LiveOptions | None = None,
    connection: ConnectionOptions | None = None,
) -> TailSettings:
    return build_settings(
        CHANNELS,
        Endpoint(),
        show or ShowOptions(),
        live or LiveOptions(),
        connection or ConnectionOptions(),
    )


@pytest.mark.parametrize(
    ("options", "endpoint"),
    [
        (EndpointOptions(), Endpoint()),
        (EndpointOptions(socket_url="", api_url="", app_key=""), Endpoint()),
        (
            EndpointOptions(socket_url="ws://localhost:6001/", api_url="https://b/", app_key="z"),
            Endpoint("ws://localhost:6001", "https://b", "z"),
        ),
    ],
    ids=["none", "empty", "all"],
)
def test_endpoint_is_what_is_given_or_chatapp(options: EndpointOptions, endpoint: Endpoint) -> None:
    assert build_endpoint(options) == endpoint


@pytest.mark.parametrize(
    ("options", "chosen"),
    [
        (OutputOptions(), None),
        (OutputOptions(json=True), JSON),
        (OutputOptions(browse=True), OutputFormat.BROWSE),
        (OutputOptions(format=OutputFormat.RAW), OutputFormat.RAW),
        (OutputOptions(format=JSON, json=True), JSON),
    ],
    ids=str,
)
def test_format_is_what_is_given_or_left_to_the_stream(
    options: OutputOptions, chosen: OutputFormat | None
) -> None:
    assert options.chosen_format() is chosen


def test_json_and_another_format_contradict_each_other() -> None:
    with pytest.raises(UsageError, match=r"^raw and json contradict each other$"):
        OutputOptions(json=True, format=OutputFormat.RAW).chosen_format()


@pytest.mark.parametrize(
    ("options", "level"),
    [
        (VerbosityOptions(), 0),
        (VerbosityOptions(verbose=1), 1),
        (VerbosityOptions(verbose=2), 2),
        (VerbosityOptions(quiet=True), -1),
        (VerbosityOptions(quiet=True, verbose=2), -1),
    ],
    ids=str,
)
def test_quiet_wins_over_verbose(options: VerbosityOptions, level: int) -> None:
    assert options.level == level


def test_all_options_go_into_the_settings() -> None:
    show = ShowOptions(
        filters=FilterOptions(event=("message", "chat*", "x"), exclude_event=("chatRead",)),
        output=OutputOptions(
            json=True,
            time=TimeFormat.ISO,
            color=ColorMode.NEVER,
            full=True,
            buffer=1_000,
            verbosity=VerbosityOptions(verbose=1),
        ),
        stop=StopOptions(count=3),
    )
    live = LiveOptions(notices=True, heartbeat=60.0, duration=30.0, idle=9.0)
    connection = ConnectionOptions(retries=0, connect_timeout=2.5, strict=True)
    assert settings(show, live, connection) == TailSettings(
        channels=CHANNELS,
        show=ShowSettings(
            output=OutputSettings(JSON, TimeFormat.ISO, ColorMode.NEVER, full=True),
            events=("message", "chat*", "x"),
            excluded_events=("chatRead",),
            count=3,
            summary=True,
        ),
        verbosity=1,
        duration=30.0,
        idle=9.0,
        retries=0,
        connect_timeout=2.5,
        strict=True,
        heartbeat=60.0,
        notices=True,
        buffer_bytes=1_000,
    )


def test_defaults_are_the_settings_defaults() -> None:
    assert settings() == TailSettings(channels=CHANNELS)
    assert settings().connect_timeout == 10.0
    assert settings().buffer_bytes == 64 * 1024 * 1024


def test_connecting_waits_no_longer_than_a_socket_can() -> None:
    ten_years = ConnectionOptions(connect_timeout=10 * 365 * 86_400.0)
    assert settings(connection=ten_years).connect_timeout == 86_400.0


@pytest.mark.parametrize("chosen", [None, JSON])
def test_notices_and_keys_make_the_format_json_on_a_terminal_too(
    chosen: OutputFormat | None,
) -> None:
    with_notices = settings(
        ShowOptions(output=OutputOptions(format=chosen)), LiveOptions(notices=True)
    )
    assert (with_notices.show.output.format, with_notices.notices) == (JSON, True)
    keyed = OutputOptions(format=chosen, idempotency_key=True)
    assert settings(ShowOptions(output=keyed)).show.output == OutputSettings(JSON, has_keys=True)


@pytest.mark.parametrize("option", ["notices", "idempotency-key"])
def test_notices_and_keys_with_another_format_are_a_usage_error(option: str) -> None:
    output = OutputOptions(format=OutputFormat.TABLE, idempotency_key=option == "idempotency-key")
    with pytest.raises(UsageError, match=r"^this needs the format json, not table$") as refused:
        settings(ShowOptions(output=output), LiveOptions(notices=option == "notices"))
    assert refused.value.option == option


@pytest.mark.parametrize(
    ("specs", "events", "excluded", "warnings"),
    [
        (
            ("1/grwhatsapp", "2/grwhatsapp", "1/Telegram"),
            (),
            (),
            [
                "messenger type 'grwhatsapp' isn't known; did you mean grWhatsApp?",
                "messenger type 'Telegram' isn't known; did you mean telegram?",
            ],
        ),
        (("1/telegram", "1/somethingNew", "company/2224", TELEGRAM), (), (), []),
        (
            (),
            ("mesage", "message", "brandNew"),
            ("chattag",),
            [
                "event 'mesage' isn't documented; did you mean message?",
                "event 'brandNew' isn't documented; see chatapp-tail events",
                "event 'chattag' isn't documented; did you mean chatTag?",
            ],
        ),
        ((), ("chat*", "mesag?"), ("[xyz]",), []),
    ],
    ids=["messengers", "known or new messengers", "events", "globs"],
)
def test_probable_typing_errors_are_warned_of_once(
    specs: tuple[str, ...],
    events: tuple[str, ...],
    excluded: tuple[str, ...],
    warnings: list[str],
) -> None:
    stderr = StringIO()
    show = ShowSettings(events=events, excluded_events=excluded)
    channels = tuple(map(parse_spec, specs))
    warn_of_guesses(TailSettings(channels=channels, show=show), Status(stderr))
    assert stderr.getvalue().splitlines() == [f"chatapp-tail: warning: {one}" for one in warnings]


def test_masks_have_the_users_key_or_one_of_this_run() -> None:
    def key(**options: object) -> bytes | None:
        show = ShowOptions(record=RecordOptions(**options))  # type: ignore[arg-type]
        return build_show(show, notices=False).redact_key

    assert key(redact=True, redact_key=" one ") == b"one"
    assert key(redact=True) != key(redact=True)
    assert key(redact_key="one") is None


def forwarding(url: str, *, insecure: bool = False) -> ForwardSettings | None:
    options = ForwardOptions(forward_to=(ForwardTarget(url),), forward_insecure=insecure)
    return build_show(ShowOptions(forward=options), notices=False).forward


def test_plain_http_to_another_host_needs_an_option() -> None:
    url = "http://crm.example/"
    with pytest.raises(UsageError, match=r"would go to crm\.example without encryption"):
        forwarding(url)
    assert forwarding(url, insecure=True) == ForwardSettings((ForwardTarget(url),))


def test_proxy_that_cant_be_used_is_not_blamed_on_the_webhook(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://p:1")
    assert forwarding("http://localhost/") is not None
    with pytest.raises(UsageError, match=r"^the proxy for crm\.example is a socks5") as refused:
        forwarding("https://crm.example/")
    assert refused.value.option == ""
