"""The shipped JSON Schema, and the check of one output line against it."""

import json
from functools import cache
from importlib.resources import files

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match


@cache
def record_validator() -> Draft202012Validator:
    """Return the validator of the schema that is shipped with the package."""
    path = files("chatapp_tail").joinpath("schema", "record.v1.schema.json")
    schema = json.loads(path.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def validate_line(line: bytes | str) -> dict[str, object]:
    """Return the object of one JSON Lines line, with or without its newline.

    Raises ``ValueError`` when it isn't strict JSON on one line, and jsonschema's
    ``ValidationError`` when the schema doesn't allow it.
    """
    text = line.decode("utf-8") if isinstance(line, bytes) else line
    text = text.removesuffix("\n")
    if text.splitlines() != [text]:
        raise ValueError(f"not one line: {text!r}")
    value = json.loads(text, parse_constant=_refuse_constant)
    error = best_match(record_validator().iter_errors(value))
    if error is not None:
        raise error
    if not isinstance(value, dict):
        raise TypeError("the schema let pass what is no object")
    return value


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")
