"""Ids as text: the vendor's come as an int here and as text there, for the same thing."""


def id_text(value: object) -> str | None:
    """Return an id as text; None for what is none: null, empty text, a boolean, an object."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return str(value) or None
