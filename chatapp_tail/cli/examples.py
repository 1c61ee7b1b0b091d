"""Command lines that teach, by command: for help, the manual, and the tests, which run them."""

from types import MappingProxyType
from typing import Final, NamedTuple


class Example(NamedTuple):
    """What somebody wants, and what to type for it."""

    wish: str
    line: str


# For the one screen of ``chatapp-tail -h``.
BRIEF_EXAMPLES: Final = (
    Example("no account needed", "demo"),
    Example("what customers write", "1229/telegram -e message -w data.side=in"),
    Example("everything, into a file", "--all --record today.jsonl.gz"),
)
# By the command's name. A line fits 78 columns.
EXAMPLES: Final = MappingProxyType(
    {
        "tail": (
            Example("No account needed: the real client against a local ChatApp", "demo"),
            Example(
                "One messenger of a licence, as a table", "--license 1229 --messenger telegram"
            ),
            Example(
                "Everything the token may watch, but only incoming messages",
                "--all -e message -w data.side=in",
            ),
            Example("JSON Lines in a pipe", "1229/telegram -e message | jq -r .data.message.text"),
            Example(
                "In CI: wait for a message to be viewed; exit code 6 after a minute without",
                "1229/telegram --until data.type=viewed --duration 60s",
            ),
            Example(
                "Begin ten minutes ago, and fetch what a lost connection missed",
                "1229/telegram --since 10m --backfill",
            ),
            Example("Keep everything in a file", "--all --record today.jsonl.gz"),
            Example("Search it later", "replay today.jsonl.gz -e message -g invoice"),
        ),
        "channels": (
            Example("What there is, as a table", "channels"),
            Example("One SPEC a line in a pipe, to watch some of it", "channels | grep telegram"),
            Example("With names and phones, for programs", "channels --json"),
        ),
        "doctor": (
            Example("The token, the network and the API", "doctor"),
            Example("The same, and whether this channel can be watched", "doctor 1229/telegram"),
            Example("For programs", "doctor --all --json"),
        ),
        "login": (
            Example("Asks for what it needs", "login"),
            Example(
                "In a script",
                "login --email me@example.com --app-id app_685_1 --password-stdin < password.txt",
            ),
            Example("A second account", "login --profile work"),
        ),
        "logout": (
            Example("Of the default profile", "logout"),
            Example("Of another one", "logout --profile work"),
        ),
        "demo": (
            Example("Look at it until Ctrl-C", "demo"),
            Example("Ten events as JSON Lines", "demo --count 10 --json"),
            Example("See how a broken connection is survived", "demo --drop-every 10s"),
        ),
        "replay": (
            Example("As fast as it goes", "replay today.jsonl.gz"),
            Example(
                "Ten times as fast as it was, into a webhook on this machine",
                "replay today.jsonl.gz --speed 10 --forward-to http://localhost:8000/hook",
            ),
            Example("From a pipe", "replay - --format plain < today.jsonl"),
        ),
        "serve": (
            Example("Then export what it prints in another terminal", "serve"),
            Example(
                "For tests: any free port, a break every 30 seconds",
                "serve --port 0 --drop-every 30s",
            ),
        ),
        "trigger": (
            Example(
                "The documented sample, while serve runs in another terminal", "trigger message"
            ),
            Example(
                "Another text, ten times, two a second",
                "trigger message --set data.0.message.text=Hello -n 10 --rate 2",
            ),
            Example(
                "On another channel", "trigger chatTag 1229/grWhatsApp --set data.0.tag.name=VIP"
            ),
            Example(
                "To a webhook, as ChatApp would",
                "trigger message --to http://localhost:3000/webhook",
            ),
        ),
        "events": (
            Example("All of them", "events"),
            Example("One, with its fields and a sample", "events message"),
            Example("The sample alone", "events message --json | jq '.samples[0]'"),
        ),
        "completion": (
            Example("For every new bash", "completion bash >> ~/.bashrc"),
            Example("For every new zsh, after its compinit", "completion zsh >> ~/.zshrc"),
            Example("For fish", "completion fish > ~/.config/fish/completions/chatapp-tail.fish"),
        ),
    }
)
