"""Reading untrusted objects: fields come as int or text, as null, or not at all."""

from chatapp_tail import jsontext


def dig(value: object, *keys: str) -> object:
    """Return ``value[key][key]…``, or None if an object or key is missing."""
    for key in keys:
        if not isinstance(value, dict):
            return None
        value = value.get(key)
    return value


def integer(value: object) -> int | None:
    """Return an id or a time sent as an int or as digits; None for anything else."""
    if type(value) is int:  # nearly always; bool is no int here
        return value
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 19:
        return int(value)
    return None


def is_number(text: str) -> bool:
    """Return whether a part of a path is a number: an index, of nine digits at most."""
    return text.isascii() and text.isdigit() and len(text) < 10


def id_text(value: object) -> str | None:
    """Return an id as text; None for anything else: null, empty text, a boolean, an object."""
    if type(value) is str:  # nearly always
        return value or None
    return str(value) if type(value) is int else None  # bool is no id


def string(value: object) -> str | None:
    """Return ``value`` if it is text, else None."""
    return value if isinstance(value, str) else None


def words(value: object) -> str:
    """Return ``value`` as text for a row: text itself, "" for null, JSON for the rest."""
    if value is None:
        return ""
    return value if isinstance(value, str) else jsontext.dumps(value).decode()
