from io import StringIO

import pytest

from chatapp_tail.chatapp.channels import parse_spec
from chatapp_tail.cli.build import (
    build_endpoint,
    build_output,
    build_settings,
    build_show,
    warn_of_guesses,
)
from chatapp_tail.cli.options import (
    ConnectionOptions,
    EndpointOptions,
    FilterOptions,
    ForwardOptions,
    LiveOptions,
    OutputOptions,
    ShowOptions,
    StopOptions,
    VerbosityOptions,
)
from chatapp_tail.errors import UsageError
from chatapp_tail.forwarding.target import ForwardTarget, Header
from chatapp_tail.output import ColorMode, OutputFormat, TimeFormat
from chatapp_tail.output.formats import OutputSettings
from chatapp_tail.output.status import Status
from chatapp_tail.settings import Endpoint, ForwardSettings, ShowSettings, TailSettings
from tests.support.records import TELEGRAM


@pytest.mark.parametrize(
    ("options", "endpoint"),
    [
        (EndpointOptions(), Endpoint()),
        (
            EndpointOptions(socket_url="ws://x", api_url="http://y", app_key="z"),
            Endpoint("ws://x", "http://y", "z"),
        ),
        (EndpointOptions(socket_url="", api_url="", app_key=""), Endpoint()),
        (
            EndpointOptions(socket_url="ws://localhost:6001/", api_url="https://b/"),
            Endpoint("ws://localhost:6001", "https://b"),
        ),
    ],
)
def test_endpoint_is_what_is_given_or_chatapp(options: EndpointOptions, endpoint: Endpoint) -> None:
    assert build_endpoint(options) == endpoint


@pytest.mark.parametrize(
    ("options", "option"),
    [
        (EndpointOptions(socket_url="http://localhost"), "socket-url"),
        (EndpointOptions(socket_url="ws://localhost/app/key"), "socket-url"),
        (EndpointOptions(api_url="localhost:8000"), "api-url"),
    ],
)
def test_url_of_a_wrong_form_is_a_usage_error(options: EndpointOptions, option: str) -> None:
    with pytest.raises(UsageError, match=" is not of the form ") as refused:
        build_endpoint(options)
    assert refused.value.option == option


@pytest.mark.parametrize(
    ("options", "chosen"),
    [
        (OutputOptions(), None),
        (OutputOptions(json=True), OutputFormat.JSON),
        (OutputOptions(format=OutputFormat.RAW), OutputFormat.RAW),
        (OutputOptions(format=OutputFormat.JSON, json=True), OutputFormat.JSON),
    ],
    ids=str,
)
def test_format_is_what_is_given_or_left_to_the_stream(
    options: OutputOptions, chosen: OutputFormat | None
) -> None:
    assert options.chosen_format() is chosen


@pytest.mark.parametrize("other", [one for one in OutputFormat if one is not OutputFormat.JSON])
def test_json_and_another_format_contradict_each_other(other: OutputFormat) -> None:
    with pytest.raises(UsageError, match=rf"^{other} and json contradict each other$"):
        OutputOptions(json=True, format=other).chosen_format()


def test_output_options_go_into_the_settings() -> None:
    options = OutputOptions(time=TimeFormat.ISO, color=ColorMode.NEVER, full=True)
    assert build_output(options, notices=False) == OutputSettings(
        format=None, time=TimeFormat.ISO, color=ColorMode.NEVER, full=True
    )
    assert build_output(OutputOptions(), notices=False) == OutputSettings()


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
    channels = (parse_spec("1229/telegram"),)
    settings = build_settings(
        channels,
        Endpoint("ws://a"),
        ShowOptions(
            filters=FilterOptions(event=("message", "chat*", "x"), exclude_event=("chatRead",)),
            output=OutputOptions(json=True, buffer=1_000, verbosity=VerbosityOptions(verbose=1)),
            stop=StopOptions(count=3),
        ),
        LiveOptions(notices=True, heartbeat=60.0, duration=30.0, idle=9.0),
        ConnectionOptions(retries=0, connect_timeout=2.5, strict=True),
    )
    assert settings == TailSettings(
        channels=channels,
        endpoint=Endpoint("ws://a"),
        show=ShowSettings(
            output=OutputSettings(format=OutputFormat.JSON),
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
    channels = (parse_spec("1229/telegram"),)
    settings = build_settings(
        channels, Endpoint(), ShowOptions(), LiveOptions(), ConnectionOptions()
    )
    assert settings == TailSettings(channels=channels)
    assert settings.connect_timeout == 10.0
    assert settings.buffer_bytes == 64 * 1024 * 1024


def test_connecting_waits_no_longer_than_a_socket_can() -> None:
    channels = (parse_spec("1229/telegram"),)
    absurd = ConnectionOptions(connect_timeout=10 * 365 * 86_400.0)
    assert (
        build_settings(channels, Endpoint(), ShowOptions(), LiveOptions(), absurd).connect_timeout
        == 86_400.0
    )


def shown(options: OutputOptions, *, notices: bool = False) -> TailSettings:
    show, live = ShowOptions(output=options), LiveOptions(notices=notices)
    return build_settings(
        (parse_spec("1229/telegram"),), Endpoint(), show, live, ConnectionOptions()
    )


@pytest.mark.parametrize(
    "options",
    [OutputOptions(), OutputOptions(json=True), OutputOptions(format=OutputFormat.JSON)],
    ids=str,
)
def test_notices_and_keys_make_the_format_json_on_a_terminal_too(options: OutputOptions) -> None:
    settings = shown(options, notices=True)
    assert settings.show.output.format is OutputFormat.JSON
    assert settings.notices
    keyed = OutputOptions(format=options.format, json=options.json, idempotency_key=True)
    output = shown(keyed).show.output
    assert output.format is OutputFormat.JSON
    assert output.has_keys


@pytest.mark.parametrize("other", [one for one in OutputFormat if one is not OutputFormat.JSON])
def test_notices_and_keys_with_another_format_are_a_usage_error(other: OutputFormat) -> None:
    for options, notices in (
        (OutputOptions(format=other), True),
        (OutputOptions(format=other, idempotency_key=True), False),
    ):
        with pytest.raises(
            UsageError, match=rf"^this needs the format json, not {other}$"
        ) as refused:
            shown(options, notices=notices)
        assert refused.value.hint == "Leave it out, or choose the format json."
        assert refused.value.option == ("notices" if notices else "idempotency-key")
        assert refused.value.exit_code == 2


def warnings(
    *specs: str, events: tuple[str, ...] = (), excluded: tuple[str, ...] = ()
) -> list[str]:
    stream = StringIO()
    settings = TailSettings(
        channels=tuple(map(parse_spec, specs)),
        show=ShowSettings(events=events, excluded_events=excluded),
    )
    warn_of_guesses(settings, Status(stream))
    return [line.removeprefix("chatapp-tail: warning: ") for line in stream.getvalue().splitlines()]


def test_messenger_type_near_a_known_one_is_asked_about_once() -> None:
    assert warnings("1/grwhatsapp", "2/grwhatsapp", "1/Telegram") == [
        "messenger type 'grwhatsapp' isn't known; did you mean grWhatsApp?",
        "messenger type 'Telegram' isn't known; did you mean telegram?",
    ]


def test_messenger_type_that_is_known_or_far_from_all_is_not() -> None:
    assert warnings("1/telegram", "1/somethingNew", "company/2224", TELEGRAM) == []


def test_event_that_is_not_documented_is_asked_about() -> None:
    assert warnings(events=("mesage", "message", "brandNew"), excluded=("chattag",)) == [
        "event 'mesage' isn't documented; did you mean message?",
        "event 'brandNew' isn't documented; see chatapp-tail events",
        "event 'chattag' isn't documented; did you mean chatTag?",
    ]


@pytest.mark.parametrize("glob", ["chat*", "mesag?", "[xyz]"])
def test_glob_is_not_asked_about(glob: str) -> None:
    assert warnings(events=(glob,), excluded=(glob,)) == []


def forwarding(options: ForwardOptions) -> ForwardSettings | None:
    return build_show(ShowOptions(forward=options), OutputSettings()).forward


@pytest.mark.parametrize(
    ("options", "option", "message"),
    [
        (
            ForwardOptions(forward_to=(ForwardTarget("ftp://x"),)),
            "forward-to",
            "this is not an http:// or https:// URL",
        ),
        (
            ForwardOptions(forward_header=(Header("a", "b"),)),
            "forward-header",
            "this does nothing without a webhook",
        ),
    ],
)
def test_forwarding_that_can_not_be_says_which_option_it_is(
    options: ForwardOptions, option: str, message: str
) -> None:
    with pytest.raises(UsageError) as refused:
        forwarding(options)
    assert (refused.value.message, refused.value.option) == (message, option)


def test_plain_http_to_another_host_needs_a_word_of_its_own() -> None:
    url = "http://crm.example/"
    with pytest.raises(UsageError, match=r"would go to crm\.example without encryption"):
        forwarding(ForwardOptions(forward_to=(ForwardTarget(url),)))
    allowed = ForwardOptions(forward_to=(ForwardTarget(url),), forward_insecure=True)
    assert forwarding(allowed) == ForwardSettings((ForwardTarget(url),))


def test_proxy_that_cant_be_used_for_a_webhook_is_no_fault_of_the_webhook(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://p:1")
    assert forwarding(ForwardOptions(forward_to=(ForwardTarget("http://localhost/"),))) is not None
    with pytest.raises(
        UsageError, match=r"^the proxy for crm\.example is a socks5 proxy$"
    ) as refused:
        forwarding(ForwardOptions(forward_to=(ForwardTarget("https://crm.example/"),)))
    assert refused.value.option == ""
