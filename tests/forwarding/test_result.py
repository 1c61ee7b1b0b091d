import pytest

from chatapp_tail.forwarding.result import (
    Counts,
    News,
    Outcome,
    Overflow,
    Result,
    sentence,
    summary,
)

REFUSED = "connection refused"

# Who was told of what, as each sentence has it.
WHOM = " message 5 to crm.example"


def tried(*result: object, **more: object) -> Result:
    return Result(17, "message 5", "crm.example", *result, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("news", "words"),
    [
        (tried(Outcome.SENT, 200, "", 0.0123, 1, 6), "forwarded #17: 200 in 12 ms"),
        (tried(Outcome.SENT, 204, "", 0.9994, 1, 6), "forwarded #17: 204 in 999 ms"),
        (tried(Outcome.SENT, 200, "", 0.9996, 1, 6), "forwarded #17: 200 in 1.0 s"),
        (tried(Outcome.SENT, 200, "", 12.34, 3, 6), "forwarded #17: 200 in 12.3 s (try 3)"),
        (
            tried(Outcome.RETRY, 503, "", 0.008, 1, 6, retry_in=2.0),
            "#17: 503 in 8 ms; next try in 2.0 s (try 2 of 6)",
        ),
        (
            tried(Outcome.RETRY, None, REFUSED, 0.008, 5, 6, retry_in=61.0),
            "#17: connection refused; next try in 1m 1s (try 6 of 6)",
        ),
        (
            tried(Outcome.RETRY, None, REFUSED, 0.0, 1, 6, retry_in=0.0),
            "#17: connection refused; next try in 0.0 s (try 2 of 6)",
        ),
        (
            tried(Outcome.RETRY, None, REFUSED, 0.0, 7, None, retry_in=9.0),
            "#17: connection refused; next try in 9.0 s (try 8)",
        ),
        (tried(Outcome.REFUSED, 404, "", 0.005, 1, 6), "#17 refused: 404 in 5 ms"),
        (tried(Outcome.REFUSED, 404, "", 0.005, 2, 6), "#17 refused: 404 in 5 ms"),
        (
            tried(Outcome.REFUSED, 302, "", 0.005, 1, 6),
            "#17 refused: 302 in 5 ms; redirects aren't followed",
        ),
        (tried(Outcome.REFUSED, 101, "", 0.0, 1, 6), "#17 refused: 101 in 0 ms"),
        (
            tried(Outcome.DROPPED, None, REFUSED, 0.0, 6, 6),
            "#17 dropped after 6 tries: connection refused",
        ),
        (tried(Outcome.DROPPED, 503, "", 0.0, 6, 6), "#17 dropped after 6 tries: 503"),
        (tried(Outcome.DROPPED, 503, "", 0.0, 1, 6), "#17 dropped: 503"),
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
    said = sentence(news)
    assert (WHOM in said) is isinstance(news, Result)
    assert said.replace(WHOM, "") == words


def test_answer_that_is_not_2xx_is_quoted() -> None:
    refused = tried(Outcome.REFUSED, 422, "", 0.005, 1, 6, said="no such client")
    assert sentence(refused) == f"#17{WHOM} refused: 422 in 5 ms: no such client"


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        (Counts(), "0 forwarded"),
        (Counts(sent=12), "12 forwarded"),
        (Counts(12, 1, 2, 3), "12 forwarded, 1 refused, 2 dropped, 3 not sent"),
        (Counts(dropped=2), "0 forwarded, 2 dropped"),
    ],
    ids=repr,
)
def test_summary_names_what_there_is(counts: Counts, words: str) -> None:
    assert summary(counts) == words
