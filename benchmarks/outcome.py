"""What a break did to a client, worked out from what was sent, printed and said. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.clients import TAIL, Client, Line, Said

FROZEN = "frozen peer"
FIN = "FIN"
RST = "RST"
CLOSE_1000 = "close 1000"
CLOSE_4200 = "close 4200"
CLOSE_4201 = "close 4201"
CLOSE_4001 = "close 4001"
OUTAGE_30 = "outage 30 s"
STOPPED = "stopped 60 s"
STOPPED_CLOSED = "stopped 60 s, server closes"
UPGRADE_DRIPS = "upgrade drips"
AUTH_DRIPS = "authorization drips"
IDLE_25 = "idle time-out 25 s"
BLACK_HOLE = "IPv6 swallows all"

# Seconds that the server of an outage is away.
OUTAGE = 30.0

# What chatapp-tail promises: events lost, seconds from an outage to the first event, exit code.
_MOST_LOST: Mapping[str, int] = {
    FROZEN: 40,
    FIN: 1,
    RST: 1,
    CLOSE_1000: 1,
    CLOSE_4200: 0,
    CLOSE_4201: 0,
}
_LATEST_AFTER_OUTAGE = OUTAGE + 35.0
_CODE_AFTER_4001 = 5
# An event that was published so long before a gap began may have come to the client in it.
_ON_THE_WAY = 0.2
# After two deaths the time-out is known, and a third connection may be on its way to the next.
_MOST_DEATHS = 3

# Loggers that write each message: not what a user would look for after a break.
_NOISE = ("Message -", "ping to pusher", "pong from pusher")
_GAP_WORDS = "gap of"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One client in one break. Instants are seconds after the break; None: not within the limit."""

    break_name: str
    client: str
    lost: int
    unsaid: int
    deaths: int
    noticed: float | None
    first_event: float | None
    duplicates: int
    exit_code: int | None
    told: str
    told_of_gap: bool

    @property
    def is_back(self) -> bool:
        """Whether events arrived again."""
        return self.first_event is not None


def judge(break_name: str, client: Client, sent: Mapping[int, float], limit: float) -> Outcome:
    """Return what happened to ``client`` in the ``limit`` seconds after its break.

    ``sent`` says when each event was published.
    """
    broken_at = client.proxy.broken_at
    if broken_at is None:
        raise ValueError(f"nothing was broken for {client.name}")
    until = broken_at + limit
    numbers = [arrival.number for arrival in client.arrivals]
    arrived = set(numbers)
    said = [line for line in client.said if line.at > broken_at]
    lost = {n: at for n, at in sent.items() if at <= until and n not in arrived}
    # Events that the socket still held after a stop don't count as recovery.
    last_lost = max(lost, default=0)
    later = [
        arrival.at
        for arrival in client.arrivals
        if broken_at < arrival.at <= until and arrival.number > last_lost
    ]
    is_said = client.exit_code is not None
    return Outcome(
        break_name=break_name,
        client=client.name,
        lost=len(lost),
        unsaid=0 if is_said else sum(not is_in(client.gaps, at) for at in lost.values()),
        deaths=client.proxy.deaths,
        noticed=_after(broken_at, client.proxy.noticed_at),
        first_event=_after(broken_at, min(later, default=None)),
        duplicates=len(numbers) - len(arrived),
        exit_code=client.exit_code,
        told=_first_words(said),
        told_of_gap=any(_GAP_WORDS in line.text for line in said),
    )


def missed_targets(outcomes: Sequence[Outcome]) -> list[str]:
    """Return a sentence for each promise that chatapp-tail didn't keep."""
    return [
        f"{outcome.break_name}: {sentence}"
        for outcome in outcomes
        if outcome.client == TAIL
        for sentence in _missed(outcome)
    ]


def is_in(gaps: Sequence[Said], at: float) -> bool:
    """Return whether an event published ``at`` that instant may be missing by one of ``gaps``."""
    return any(gap.start - _ON_THE_WAY <= at <= gap.end for gap in gaps)


def _missed(outcome: Outcome) -> list[str]:
    missed = []
    most = _MOST_LOST.get(outcome.break_name)
    if most is not None and outcome.lost > most:
        missed.append(f"{outcome.lost} events lost, at most {most} allowed")
    if outcome.break_name == OUTAGE_30 and (outcome.first_event or 0.0) > _LATEST_AFTER_OUTAGE:
        missed.append(f"first event after {outcome.first_event:.1f} s")
    if outcome.break_name == CLOSE_4001:
        if outcome.exit_code != _CODE_AFTER_4001:
            missed.append(f"exit code {outcome.exit_code}, not {_CODE_AFTER_4001}")
    elif not outcome.is_back:
        missed.append("no event came any more")
    elif not outcome.told_of_gap:
        missed.append("the gap isn't said on stderr")
    if outcome.unsaid:
        missed.append(f"{outcome.unsaid} events lost outside the gaps that were said")
    if outcome.deaths > _MOST_DEATHS:
        missed.append(f"{outcome.deaths} connections died of idleness")
    if outcome.duplicates:
        missed.append(f"{outcome.duplicates} events came twice")
    return missed


def _after(broken_at: float, instant: float | None) -> float | None:
    return None if instant is None else instant - broken_at


def _first_words(said: Sequence[Line]) -> str:
    words = (line.text for line in said if not any(noise in line.text for noise in _NOISE))
    return next(words, "")
