"""Employees' names by id, from the API at most once a day."""

from collections.abc import Iterable

from chatapp_tail.account.cache import Cache
from chatapp_tail.account.rest import Rest
from chatapp_tail.errors import ApiRefusedError


def employees(rest: Rest, cache: Cache, watched: Iterable[int], now: float) -> dict[str, str]:
    """Return the names of the employees of all companies of the account, and of ``watched`` ones.

    ``now`` in unix seconds. Raises ``ApiError``.
    """
    names: dict[str, str] = {}
    for company in dict.fromkeys([*_companies(rest), *watched]):
        known = cache.employees(company, now)
        if known is None:
            known = _ask(rest, company)
            cache.keep_employees(company, known, now)
        names |= known
    return names


def _companies(rest: Rest) -> list[int]:
    try:
        return rest.companies()
    except ApiRefusedError:  # not every token may ask; the watched ones are known without it
        return []


def _ask(rest: Rest, company: int) -> dict[str, str]:
    try:
        return rest.employees(company)
    except ApiRefusedError:  # no access to this company: its employees are shown by number
        return {}
