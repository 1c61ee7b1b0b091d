"""login, logout, channels, --all, 1229/*, --shard and --names, with a local ChatApp."""

import json
import stat
from pathlib import Path

import pytest

from chatapp_tail.emulator.account import DEMO_APP_ID, DEMO_EMAIL, DEMO_PASSWORD
from chatapp_tail.emulator.rest import error_body
from tests.support.cli_here import Ended, run_here
from tests.support.cli_process import CLI, Window
from tests.support.emulated import (
    FORBIDDEN,
    HTML_PAGE,
    SERVER_ERROR,
    UNAUTHORIZED,
    Emulator,
    throttled,
)
from tests.support.loopback_http import Answer, json_answer
from tests.support.waiting import wait_until

SPECS = [
    "1229/telegram",
    "1229/grWhatsApp",
    "1229/caWhatsApp",
    "1229/WhatsApp",
    "company/2224",
    "user/685",
]
CREDENTIALS = ".config/chatapp-tail/credentials.json"
LOGIN = ("login", "--email", DEMO_EMAIL, "--app-id", DEMO_APP_ID)
# In KiB; a whole file of logins takes more, and stderr is a pipe.
FULL_DISK = 'ulimit -f 1; exec "$@"'


class User:
    """Somebody with a home of their own, and without a token."""

    def __init__(self, home: Path, emulator: Emulator) -> None:
        self.home = home
        self.environment = {
            "CHATAPP_SOCKET_URL": emulator.socket_url,
            "CHATAPP_API_URL": emulator.api_url,
        }

    @property
    def credentials(self) -> Path:
        return self.home / CREDENTIALS

    def process(self, *arguments: str, stdin: str = "", script: str = "", **more: str) -> CLI:
        return CLI(
            self.home,
            *arguments,
            environment=self.environment | more,
            stdin=stdin,
            script=script,
        )

    def run(self, *arguments: str, stdin: str = "", **more: str) -> Ended:
        return run_here(self.home, *arguments, environment=self.environment | more, stdin=stdin)

    def run_process(self, *arguments: str, stdin: str = "", script: str = "", **more: str) -> Ended:
        with self.process(*arguments, stdin=stdin, script=script, **more) as process:
            return Ended(process.exit_code(), process.stdout.text, process.stderr.text)

    def log_in(self, *arguments: str) -> None:
        code, _, stderr = self.run(
            *LOGIN, "--password-stdin", *arguments, stdin=f"{DEMO_PASSWORD}\n"
        )
        assert code == 0, stderr

    def tokens(self, profile: str = "default") -> dict[str, str]:
        """Return what is stored of a profile's tokens."""
        stored = json.loads(self.credentials.read_text())
        tokens: dict[str, str] = stored["profiles"][profile]["tokens"]
        return tokens


@pytest.fixture
def user(tmp_path: Path, emulator: Emulator) -> User:
    return User(tmp_path, emulator)


def test_login_stores_tokens_for_the_owner_alone_and_shows_neither(user: User) -> None:
    code, stdout, stderr = user.run_process(*LOGIN, "--password-stdin", stdin=f"{DEMO_PASSWORD}\n")
    assert (code, stdout) == (0, "")
    assert f"logged in; stored in {user.credentials} (profile default)" in stderr
    assert "next: chatapp-tail channels\n" in stderr
    assert stat.S_IMODE(user.credentials.stat().st_mode) == 0o600
    assert stat.S_IMODE(user.credentials.parent.stat().st_mode) == 0o700
    tokens = user.tokens()
    for secret in (DEMO_PASSWORD, tokens["access"], tokens["refresh"]):
        assert secret not in stderr
    assert DEMO_PASSWORD not in user.credentials.read_text()


def test_login_asks_on_a_terminal_and_hides_the_password(user: User) -> None:
    with CLI(
        user.home,
        "login",
        environment=user.environment,
        window=Window(80, 24),
        stderr_on_terminal=True,
    ) as process:
        process.wait_for_prompt("e-mail: ")
        process.type(f"{DEMO_EMAIL}\n".encode())
        process.wait_for_prompt("appId: ")
        process.type(f"{DEMO_APP_ID}\n".encode())
        process.wait_for_prompt("password: ")
        process.type(f"{DEMO_PASSWORD}\n".encode())
        assert process.exit_code() == 0
        assert DEMO_PASSWORD not in process.stdout.text
        assert DEMO_EMAIL in process.stdout.text


def test_ctrl_c_at_a_prompt_ends_with_130_and_no_traceback(user: User) -> None:
    with CLI(
        user.home,
        "login",
        environment=user.environment,
        window=Window(80, 24),
        stderr_on_terminal=True,
    ) as process:
        process.wait_for_prompt("e-mail: ")

        stat_file = Path(f"/proc/{process.pid}/stat")
        wait_until(lambda: ") S " in stat_file.read_text(), "the prompt waits for a key")
        process.type(b"\x03")
        assert process.exit_code() == 130
        assert "Traceback" not in process.stdout.text


@pytest.mark.parametrize(
    ("arguments", "missing"),
    [
        (("login",), "--email"),
        (("login", "--email", "a@b.example"), "--app-id"),
        (LOGIN, "--password-stdin"),
    ],
)
def test_in_a_script_login_names_what_is_missing(
    user: User, arguments: tuple[str, ...], missing: str
) -> None:
    code, _, stderr = user.run(*arguments)
    assert code == 2
    assert f"error: login needs {missing}\n" in stderr
    assert "--password-stdin < password.txt" in stderr


@pytest.mark.parametrize(
    ("failure", "code", "words"),
    [
        (json_answer(200, error_body("Wrong", "No such user")), 3, "Wrong: No such user"),
        (throttled(30), 5, "HTTP 429"),
        (HTML_PAGE, 5, "the API's answer has no token (HTTP 200, text/html"),
    ],
    ids=str,
)
def test_a_login_that_fails_says_why_and_leaves_the_old_one(
    user: User, emulator: Emulator, failure: Answer, code: int, words: str
) -> None:
    user.log_in()
    before = user.credentials.read_bytes()
    emulator.fail("/v1/tokens", failure)
    ended, _, stderr = user.run(*LOGIN, "--password-stdin", stdin=f"{DEMO_PASSWORD}\n")
    assert ended == code
    assert words in stderr
    assert user.credentials.read_bytes() == before
    assert DEMO_PASSWORD not in stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("login", "--email", "b@b.example", "--app-id", DEMO_APP_ID),
        ("login", "--email", DEMO_EMAIL, "--app-id", "app_1_1"),
    ],
)
def test_a_wrong_login_is_refused_with_code_3(user: User, arguments: tuple[str, ...]) -> None:
    code, _, stderr = user.run(*arguments, "--password-stdin", stdin=f"{DEMO_PASSWORD}\n")
    assert code == 3
    assert "error: ChatApp refused the login: HTTP 401" in stderr
    assert "Check e-mail, password and appId" in stderr
    assert "token" not in stderr.partition("error: ")[2]
    assert not user.credentials.exists()


def test_a_full_disk_is_said_before_a_token_is_made_and_the_old_login_stays(
    user: User, emulator: Emulator
) -> None:
    user.log_in()
    before, asked = user.credentials.read_bytes(), len(emulator.requests)
    code, _, stderr = user.run_process(
        *LOGIN, "--password-stdin", stdin=f"{DEMO_PASSWORD}\n", script=_uncovered(FULL_DISK)
    )
    assert code == 3
    assert "can't be written: File too large" in stderr
    assert "What was stored before is unchanged." in stderr
    assert user.credentials.read_bytes() == before
    assert len(emulator.requests) == asked
    assert [path.name for path in user.credentials.parent.iterdir() if path.name[0] == "."] == []


def test_logout_removes_one_profile_only(user: User) -> None:
    user.log_in()
    user.log_in("--profile", "work")
    code, _, stderr = user.run("logout", "--profile", "work")
    assert code == 0
    assert f"logged out {DEMO_EMAIL}, profile work" in stderr
    assert list(json.loads(user.credentials.read_text())["profiles"]) == ["default"]
    code, _, stderr = user.run("logout", "-p", "work")
    assert code == 0
    assert "profile work has no stored login" in stderr
    code, _, stderr = user.run("channels", "-p", "work")
    assert code == 2
    assert "there is no profile 'work'" in stderr


def test_a_login_is_for_its_own_api_only(user: User, emulator: Emulator) -> None:
    user.log_in()
    asked = len(emulator.requests)
    code, _, stderr = user.run("channels", "--api-url", "http://127.0.0.1:1")
    assert code == 3
    assert f"the stored login is for {emulator.api_url}, not for http://127.0.0.1:1" in stderr
    assert len(emulator.requests) == asked


def test_a_tail_renews_its_login_when_the_api_says_so(user: User, emulator: Emulator) -> None:
    user.log_in()
    before = user.tokens()
    emulator.expire_tokens()
    with user.process("1229/telegram") as process:
        process.wait_for("subscribed to 1229/telegram")
        assert "the token is no longer valid; renewing it" in process.stderr.text
    after = user.tokens()
    assert after["access"] != before["access"]
    assert after["refresh"] != before["refresh"]


def test_a_login_that_cant_be_renewed_ends_with_one_sentence(
    user: User, emulator: Emulator
) -> None:
    user.log_in()
    emulator.expire_tokens()
    emulator.fail("/v1/tokens/refresh", FORBIDDEN)
    code, _, stderr = user.run_process("1229/telegram")
    assert code == 3
    assert "error: the stored login can't be renewed any more: the API says: HTTP 403" in stderr
    assert "Log in again: chatapp-tail login" in stderr


def test_a_token_given_in_any_way_comes_before_the_login(user: User, emulator: Emulator) -> None:
    user.log_in()
    file = user.home / "token.txt"
    file.write_text(emulator.token)
    config = user.home / ".config/chatapp-tail/config.toml"
    config.write_text(f'[profile.default]\ntoken-file = "{file}"\n')
    for environment, origin in (
        ({"CHATAPP_TOKEN": emulator.token}, "CHATAPP_TOKEN"),
        ({"CHATAPP_TOKEN_FILE": str(file)}, "CHATAPP_TOKEN_FILE"),
        ({}, "the profile's token-file"),
    ):
        _, _, stderr = user.run("channels", "-v", **environment)
        assert f"token: {origin}\n" in stderr
    config.unlink()
    _, _, stderr = user.run("channels", "-v")
    assert f"token: the login of {DEMO_EMAIL}\n" in stderr


def test_channels_are_bare_specs_in_a_pipe(user: User) -> None:
    user.log_in()
    code, stdout, _ = user.run("channels")
    assert code == 0
    assert stdout.splitlines() == SPECS


def test_channel_that_a_shell_would_take_apart_is_quoted(user: User, emulator: Emulator) -> None:
    messengers = [{"type": "a;id"}, {"type": "telegram"}, {"type": "a\nb"}, {"type": "$(id)"}]
    licenses = [{"licenseId": 1229, "messenger": messengers}]
    emulator.fail("/v1/licenses", json_answer(200, {"success": True, "data": licenses}))
    _, stdout, _ = user.run("channels", CHATAPP_TOKEN=emulator.token)
    assert stdout.splitlines()[:2] == ["'1229/a;id'", "1229/telegram"]
    assert "\n1229/a\n" not in stdout
    assert "$" not in stdout


def test_channels_as_json_say_everything(user: User) -> None:
    user.log_in()
    _, stdout, _ = user.run("channels", "--json")
    listed = [json.loads(line) for line in stdout.splitlines()]
    assert [one["spec"] for one in listed] == SPECS
    ends_at = listed[1].pop("ends_at")
    assert ends_at.endswith("Z")
    assert listed[1] == {
        "spec": "1229/grWhatsApp",
        "channel": "private-v1.licenses.1229.messengers.grWhatsApp",
        "scope": "license",
        "license": 1229,
        "messenger": "grWhatsApp",
        "company": None,
        "user": None,
        "name": "Кондитерская «Апорт»",
        "messenger_name": "WhatsApp",
        "phone": "70000000000",
        "status": "active",
    }


def test_channels_are_a_table_on_a_terminal(user: User) -> None:
    user.log_in()
    with CLI(
        user.home,
        "channels",
        environment=user.environment | {"NO_COLOR": "1"},
        window=Window(120, 24),
    ) as process:
        assert process.exit_code() == 0
        lines = [line.split() for line in process.stdout.text.splitlines()]
    assert ["SPEC", "NAME", "MESSENGER", "PHONE", "STATUS", "UNTIL"] in lines
    assert any("1229/grWhatsApp" in line and "70000000000" in line for line in lines)


def test_a_pasted_token_lists_all_users_since_nobody_says_whose_it_is(
    user: User, emulator: Emulator
) -> None:
    _, stdout, _ = user.run("channels", CHATAPP_TOKEN=emulator.token)
    assert stdout.splitlines() == [*SPECS, "user/124"]


@pytest.mark.parametrize(
    ("failure", "code", "words"),
    [
        (UNAUTHORIZED, 3, "HTTP 401"),
        (FORBIDDEN, 4, "HTTP 403"),
        (HTML_PAGE, 5, "has no list (HTTP 200, text/html"),
    ],
    ids=str,
)
def test_a_listing_that_fails_says_why(
    user: User, emulator: Emulator, failure: Answer, code: int, words: str
) -> None:
    emulator.fail("/v1/licenses", failure)
    ended, stdout, stderr = user.run("channels", CHATAPP_TOKEN=emulator.token)
    assert (ended, stdout) == (code, "")
    assert words in stderr


def test_licenses_that_cant_be_read_are_counted(user: User, emulator: Emulator) -> None:
    licenses = [{"licenseId": 1, "messenger": {"type": "email"}}, {"licenseId": "?"}, None]
    emulator.fail("/v1/licenses", json_answer(200, {"success": True, "data": licenses}))
    code, stdout, stderr = user.run("channels", CHATAPP_TOKEN=emulator.token)
    assert (code, stdout.splitlines()[0]) == (0, "1/email")
    assert (
        "warning: the API's list of licences is incomplete: 2 of its entries can't be read"
        in stderr
    )


def test_all_watches_what_channels_lists(user: User) -> None:
    user.log_in()
    with user.process("--all") as process:
        process.wait_for("watching 6 channels")
        for spec in SPECS:
            process.wait_for(f"subscribed to {spec}")


def test_a_license_with_a_star_watches_all_of_its_messengers(user: User) -> None:
    user.log_in()
    with user.process("1229/*", "company/2224") as process:
        for spec in (SPECS[4], *SPECS[:4]):
            process.wait_for(f"subscribed to {spec}")
    code, _, stderr = user.run("77/*")
    assert code == 2
    assert "error: licence 77 isn't among those of this token" in stderr


def test_shards_share_all_channels_without_a_gap(user: User) -> None:
    user.log_in()
    watched = []
    for index in range(3):
        with user.process("--all", "--shard", f"{index}/3", "-v") as process:
            process.wait_for(" of 6")
            count = int(process.stderr.text.partition("watching ")[2].split()[0])
            watched += [process.wait_for("subscribed to ").rstrip() for _ in range(count)]
    assert len(set(watched)) == len(watched) == 6


def test_a_share_without_channels_is_an_error(user: User, emulator: Emulator) -> None:
    outcomes = [
        user.run_process(
            "1229/telegram", "--shard", f"{index}/2", "-d", "0.2s", CHATAPP_TOKEN=emulator.token
        )
        for index in (0, 1)
    ]
    assert sorted(code for code, _, _ in outcomes) == [0, 2]
    assert any("no channel falls into the share" in stderr for _, _, stderr in outcomes)


def test_names_show_employees_by_name_and_are_asked_once_a_day(
    user: User, emulator: Emulator
) -> None:
    user.log_in()
    employees = "/v1/companies/2224/employees"
    for _ in range(2):
        with user.process("company/2224", "--names", "-n", "1", "-f", "plain") as process:
            process.wait_for("subscribed to company/2224")
            item = {"employee": {"id": 685}, "type": "online", "time": 1}
            emulator.publish("private-v1.companies.2224", "employeeStatus", {"data": [item]})
            assert process.exit_code() == 0
            assert "Айгерим Сапарова" in process.stdout.text
    assert emulator.requests.count(employees) == 1


def test_names_that_the_api_doesnt_tell_cost_a_warning_only(user: User, emulator: Emulator) -> None:
    emulator.fail("/v1/companies", SERVER_ERROR)
    with user.process(
        "company/2224", "--names", "-f", "plain", CHATAPP_TOKEN=emulator.token
    ) as process:
        process.wait_for("warning: no names of employees: the API answered HTTP 500")
        process.wait_for("subscribed to company/2224")


def test_tab_offers_the_last_listing_without_the_network(user: User, emulator: Emulator) -> None:
    user.log_in()
    user.run("channels")
    asked = len(emulator.requests)
    code, stdout, _ = user.run_process("complete", "specs")
    assert code == 0
    assert [line.partition("\t")[0] for line in stdout.splitlines()] == SPECS
    assert len(emulator.requests) == asked


def _uncovered(script: str) -> str:
    """Return ``script`` without the measuring of coverage, which writes a file, too."""
    return f"unset COVERAGE_PROCESS_START COVERAGE_PROCESS_CONFIG; {script}"


# Who else could read or change what is secret

ELSEWHERE = "http://chatapp.example"
# Nothing leaves this machine: nobody listens at this proxy.
NO_WAY_OUT = {"http_proxy": "http://127.0.0.1:1", "CHATAPP_API_URL": ELSEWHERE}


def test_password_isnt_sent_in_the_clear_unless_the_user_says_so(user: User) -> None:
    login = (*LOGIN, "--password-stdin")
    code, _, stderr = user.run(*login, stdin=f"{DEMO_PASSWORD}\n", **NO_WAY_OUT)
    assert code == 2
    assert "login would send the password to chatapp.example without encryption" in stderr
    assert "add --api-insecure if you trust the network" in stderr
    code, _, stderr = user.run(*login, "--api-insecure", stdin=f"{DEMO_PASSWORD}\n", **NO_WAY_OUT)
    assert code == 5
    assert "logging in to http://chatapp.example" in stderr
    assert "encryption" not in stderr


def test_token_that_goes_in_the_clear_is_warned_of(user: User, emulator: Emulator) -> None:
    _, _, stderr = user.run("channels", CHATAPP_TOKEN=emulator.token, **NO_WAY_OUT)
    assert "warning: the token goes to chatapp.example without encryption" in stderr
    _, _, stderr = user.run(
        "channels", "--api-insecure", CHATAPP_TOKEN=emulator.token, **NO_WAY_OUT
    )
    assert "encryption" not in stderr


def test_folder_that_all_may_write_to_is_warned_of(user: User) -> None:
    user.log_in()
    folder = user.credentials.parent
    folder.chmod(0o777)
    code, _, stderr = user.run("channels")
    assert code == 0
    assert (
        f"warning: other users can replace the stored logins: all may write to {folder}" in stderr
    )
    assert f"chmod o-w {folder}" in stderr
    folder.chmod(0o700)
    assert "other users" not in user.run("channels").stderr
