import pytest

from chatapp_tail.forwarding.post import Reply, Request
from chatapp_tail.forwarding.result import Counts, News, Overflow, Result, sentence, summary

NO_CONNECTION = Reply(None, "connection refused")
# What each sentence of a result names.
EVENT_AND_TARGET = " message 5 to crm.example"


def result(
    reply: Reply,
    attempt: int = 1,
    attempts: int | None = 6,
    retry_in: float | None = None,
) -> Result:
    request = Request(17, "message 5", {}, b"")
    return Result(request, "crm.example", reply, attempt, attempts, retry_in)


@pytest.mark.parametrize(
    ("news", "words"),
    [
        (result(Reply(200, seconds=0.0123)), "forwarded #17: 200 in 12 ms"),
        (result(Reply(204, seconds=0.9994)), "forwarded #17: 204 in 999 ms"),
        (result(Reply(200, seconds=0.9996)), "forwarded #17: 200 in 1.0 s"),
        (result(Reply(200, seconds=12.34), 3), "forwarded #17: 200 in 12.3 s (try 3)"),
        (result(Reply(200, said="thanks")), "forwarded #17: 200 in 0 ms"),
        (
            result(Reply(503, seconds=0.008), retry_in=2.0),
            "#17: 503 in 8 ms; next try in 2.0 s (try 2 of 6)",
        ),
        (
            result(NO_CONNECTION, 5, retry_in=61.0),
            "#17: connection refused; next try in 1m 1s (try 6 of 6)",
        ),
        (
            result(NO_CONNECTION, 7, None, retry_in=0.0),
            "#17: connection refused; next try in 0.0 s (try 8)",
        ),
        (result(Reply(404, seconds=0.005), 2), "#17 refused: 404 in 5 ms"),
        (
            result(Reply(422, said="no such client")),
            "#17 refused: 422 in 0 ms: no such client",
        ),
        (result(Reply(302)), "#17 refused: 302 in 0 ms; redirects aren't followed"),
        (result(Reply(101)), "#17 refused: 101 in 0 ms"),
        (result(NO_CONNECTION, 6), "#17 dropped after 6 tries: connection refused"),
        (result(Reply(503, may_pass=True)), "#17 dropped: 503"),
        (
            Overflow(18, 18, 1),
            "#18 dropped: there is no room to queue it; so is what follows",
        ),
        (Overflow(18, 18, 1, is_over=True), "#18 was dropped; there is room again"),
        (Overflow(18, 25, 7, is_over=True), "7 dropped (#18 to #25); there is room again"),
    ],
    ids=repr,
)
def test_news_is_one_sentence(news: News, words: str) -> None:
    told = sentence(news)
    assert (EVENT_AND_TARGET in told) is isinstance(news, Result)
    assert told.replace(EVENT_AND_TARGET, "") == words


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        (Counts(), "0 forwarded"),
        (Counts(12, 1, 2, 3), "12 forwarded, 1 refused, 2 dropped, 3 not sent"),
        (Counts(dropped=2), "0 forwarded, 2 dropped"),
    ],
    ids=repr,
)
def test_summary_names_what_there_is(counts: Counts, words: str) -> None:
    assert summary(counts) == words
