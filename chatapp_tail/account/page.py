"""One page of a listing. Apart from the calls, which load requests."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Page:
    """Its objects, untouched, and the cursor of the page after it.

    ``next_page`` is None where there is no other, or where it isn't named.
    """

    items: tuple[dict[str, object], ...] = field(repr=False)
    next_page: str | None = None
