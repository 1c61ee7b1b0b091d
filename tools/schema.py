"""The JSON Schema of a line of JSON Lines, made of the table of a record's fields."""

import json
from collections.abc import Mapping
from pathlib import Path

from chatapp_tail.chatapp.fields import AUTHOR_FIELDS, FIELDS, RecordField
from chatapp_tail.chatapp.identity import AUTHOR_KINDS
from chatapp_tail.chatapp.record import RECORD_VERSION
from chatapp_tail.output.reporter import NOTICES

SCHEMA = Path("chatapp_tail/schema/record.v1.schema.json")

_INSTANT: dict[str, object] = {"$ref": "#/$defs/instant"}
_AUTHOR: dict[str, object] = {"$ref": "#/$defs/author"}
_NULL = {"type": "null"}


def schema() -> Mapping[Path, str]:
    """Return the schema that is shipped with the package."""
    return {SCHEMA: json.dumps(_schema(), indent=2) + "\n"}


def _schema() -> dict[str, object]:
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:chatapp-tail:record:v1",
        "title": "A line of chatapp-tail --json, version 1",
        "description": "Additive changes keep v: a reader ignores keys that it doesn't know.",
        "type": "object",
        "required": ["v", "kind"],
        "oneOf": [{"$ref": "#/$defs/event"}, {"$ref": "#/$defs/notice"}],
        "$defs": {
            "instant": {
                "description": "UTC, ISO 8601 with milliseconds: 2026-11-22T11:39:24.521Z",
                "type": "string",
                "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z$",
            },
            "author": _object(
                "Who wrote a message",
                {
                    name: {
                        "description": description,
                        **({"enum": AUTHOR_KINDS} if name == "kind" else _nullable("string")),
                    }
                    for name, description in AUTHOR_FIELDS.items()
                },
            ),
            "event": _object(
                "One item of data[] of one Pusher event",
                {
                    name: {"description": field.description, **_value(field)}
                    for name, field in FIELDS.items()
                },
                optional=frozenset(name for name in FIELDS if FIELDS[name].is_optional),
            ),
            "notice": _object(
                "News of the connection (--notices)",
                {
                    "v": {"const": RECORD_VERSION},
                    "kind": {"const": "notice"},
                    "at": _INSTANT,
                    "type": {"enum": NOTICES},
                },
            ),
        },
    }


def _object(
    title: str, properties: Mapping[str, object], optional: frozenset[str] = frozenset()
) -> dict[str, object]:
    return {
        "title": title,
        "type": "object",
        "required": [name for name in properties if name not in optional],
        "properties": properties,
        "additionalProperties": True,
    }


_OF_TYPE: Mapping[str, dict[str, object]] = {
    "any": {},
    "true": {"const": True},
    "key": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
}


def _value(field: RecordField) -> dict[str, object]:
    """Return what the schema says of a field's value."""
    match field.type:
        case "any" | "true" | "key":
            return _OF_TYPE[field.type]
        case "time":
            return {"oneOf": [_INSTANT, _NULL]} if field.is_nullable else _INSTANT
        case "author":
            return {"oneOf": [_AUTHOR, _NULL]} if field.is_nullable else _AUTHOR
        case _ if field.values:
            return {"enum": [*field.values, *([None] if field.is_nullable else [])]}
        case "integer" | "string":
            least = {} if field.least is None else {"minimum": field.least}
            return {
                **(_nullable(field.type) if field.is_nullable else {"type": field.type}),
                **least,
            }


def _nullable(kind: str) -> dict[str, object]:
    return {"type": [kind, "null"]}
