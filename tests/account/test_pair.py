from dataclasses import FrozenInstanceError

import pytest

from chatapp_tail.account.tokens import TokenPair, fits_header
from tests.account.given import NOW, PAIR, REFRESH
from tests.chatapp.given import shown
from tests.support.credentials import TOKEN


def test_tokens_are_in_no_repr() -> None:
    pair = TokenPair(TOKEN, NOW, REFRESH, NOW + 1, None)
    for text in (repr(pair), str(pair), f"{[pair]}"):
        assert TOKEN not in text
        assert REFRESH not in text
    assert repr(pair) == f"TokenPair(access_ends={NOW}, refresh_ends={NOW + 1}, user=None)"


def test_pair_is_a_value() -> None:
    name = "access"
    with pytest.raises(FrozenInstanceError) as caught:
        setattr(PAIR, name, "other")
    assert TOKEN not in str(caught.value)
    assert hash(PAIR) == hash(TokenPair(TOKEN, PAIR.access_ends, REFRESH, PAIR.refresh_ends, 685))


@pytest.mark.parametrize(
    ("token", "fits"),
    [
        (TOKEN, True),
        ("a", True),
        ("!~\"\\'", True),
        ("x" * 4095, True),
        ("x" * 4096, False),
        ("", False),
        (" ", False),
        (f" {TOKEN}", False),
        (f"{TOKEN}\n", False),
        (f"{TOKEN}\r\nA: b", False),
        ("a\x00", False),
        ("a\x7f", False),
        ("ы", False),
        ("é", False),
        ("\u2028", False),
    ],
    ids=shown,
)
def test_token_fits_a_header_if_it_is_printable_ascii_without_spaces(
    token: str,
    fits: bool,  # noqa: FBT001
) -> None:
    assert fits_header(token) is fits
