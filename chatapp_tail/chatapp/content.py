"""The content of a message in one line: its text, or the texts inside of other content. Pure.

Only text, caption, file and location are documented. The shapes of WhatsApp's contacts, buttons,
polls, orders and templates aren't, so their texts are searched for.
"""

import re
from collections.abc import Iterator, Mapping

from chatapp_tail import jsontext
from chatapp_tail.chatapp.values import dig, words

_DOCUMENTED = frozenset({"text", "caption", "file", "location"})
# Types of message whose text is shown alone; other types are shown before the text.
_PLAIN_KINDS = frozenset({"", "text", "system"})
_TEXT_ALONE = ["text"]
# Types whose file name is shown beside a caption: a photo's name says nothing.
_NAMED_FILES = frozenset({"", "text", "file", "document"})
# Keys whose values are for programs: ids, links, types.
_WORDLESS = re.compile(
    r"(?i)(.*_)?(ids?|uuid|hash|type|kind|format|link|url|src|mime_?type|content_?type|sha256|token|payload|"
    r"index|thumbnail|image|language|code|policy|waid|wa_id|vcard)|.*(Id|Url|Link|Type)"
)
_ADDRESS_KEYS = ("address", "name", "title", "text", "url")
_LATITUDE, _LONGITUDE = ("lat", "latitude"), ("lon", "lng", "longitude")
# Limits of the search for texts in a hostile message.
_MOST_WORDS, _MOST_VISITED, _DEEPEST = 12, 500, 8
_LONGEST_WORDS = 500
_BETWEEN = " · "


def content_words(kind: str, content: Mapping[str, object]) -> str:
    """Return ``text``, ``[image] caption``, ``[location] Main St 5``, ``[poll] question · yes``.

    ``kind`` is the message's type. Content without texts is shown as JSON.
    """
    if kind in _PLAIN_KINDS and [*filter(content.get, content)] == _TEXT_ALONE:
        return words(content["text"])  # nearly always
    said = dict.fromkeys((*_documented(kind, content), *_found(content)))
    return " ".join(filter(None, (_label(kind, content), _BETWEEN.join(filter(None, said)))))


def message_words(item: Mapping[str, object]) -> str:
    """Return the content of a message in words, "" if it is neither text nor object."""
    content = item.get("message")
    if isinstance(content, str):
        return content_words(words(item.get("type")), {"text": content})
    return content_words(words(item.get("type")), content) if isinstance(content, dict) else ""


def _label(kind: str, content: Mapping[str, object]) -> str:
    if isinstance(content.get("location"), dict | str) and content["location"]:
        return "[location]"
    if kind not in _PLAIN_KINDS:
        return f"[{kind}]"
    return "[file]" if words(dig(content, "file", "name")) else ""


def _documented(kind: str, content: Mapping[str, object]) -> Iterator[str]:
    yield _location(content.get("location"))
    caption = words(content.get("caption"))
    name = words(dig(content, "file", "name"))
    if kind in _NAMED_FILES or not caption:
        yield name
    yield words(content.get("text"))
    yield caption


def _location(location: object) -> str:
    """Return a location's address, else ``lat,lon``; a location may be text."""
    if isinstance(location, str):
        return location
    if not isinstance(location, dict) or not location:
        return ""
    for key in _ADDRESS_KEYS:
        if isinstance(address := location.get(key), str) and address:
            return address
    place = [_first(location, _LATITUDE), _first(location, _LONGITUDE)]
    is_place = any(one is not None for one in place)
    return ",".join(map(words, place)) if is_place else words(location)


def _first(value: Mapping[str, object], keys: tuple[str, ...]) -> object:
    return next((value[key] for key in keys if value.get(key) is not None), None)


def _found(content: Mapping[str, object]) -> list[str]:
    """Return the texts in undocumented content, in their order."""
    rest = {key: value for key, value in content.items() if key not in _DOCUMENTED and value}
    if not rest:
        return []
    found: list[str] = []
    for visited, text in enumerate(_texts(rest)):
        if visited >= _MOST_VISITED or len(found) >= _MOST_WORDS:
            break
        cut = text.strip()[:_LONGEST_WORDS]
        if cut and cut not in found:
            found.append(cut)
    return found or [jsontext.dumps(rest)[:_LONGEST_WORDS].decode(errors="ignore")]


def _texts(value: object) -> Iterator[str]:
    """Yield the texts that a person may have written. Not recursive: hostile nesting."""
    waiting: list[Iterator[object]] = [iter((value,))]
    while waiting:
        inner = next(waiting[-1], None)
        match inner:
            case None:
                waiting.pop()
            case dict() if len(waiting) <= _DEEPEST:
                waiting.append(_spoken(inner))
            case list() if len(waiting) <= _DEEPEST:
                waiting.append(item for item in inner if item is not None)
            case str():
                yield inner
            case _:  # no text
                pass


def _spoken(value: dict[str, object]) -> Iterator[object]:
    """Yield the values whose keys aren't for programs."""
    for key, inner in value.items():
        if inner is not None and not _WORDLESS.fullmatch(key):
            yield inner
