"""The record behind a row: in words, and as coloured JSON that folds."""

from collections.abc import Iterator, Mapping
from datetime import datetime, tzinfo

from rich.style import Style
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static, Tree
from textual.widgets.tree import TreeNode

from chatapp_tail import jsontext
from chatapp_tail.browse.store import Event, Item
from chatapp_tail.chatapp.values import dig, string, words
from chatapp_tail.output.text import clean
from chatapp_tail.units import counted, elapsed

# A node gets its children when it is opened, so a record of megabytes opens as quickly as any.
_MOST_CHILDREN = 500
_LONGEST_VALUE = 2_000
_LONGEST_CAPTION = 200
_OPEN_LEVELS = 4
# What is looked for in a record; the words above it say most of the rest.
_FIRST = ("data", "meta")
_KEY = Style(color="blue", bold=True)
_COLORS = {str: Style(color="green"), int: Style(color="cyan"), float: Style(color="cyan")}
_WORD = Style(color="magenta")
_DIM = Style(dim=True)

Node = TreeNode[object]


class JsonTree(Tree[object]):
    """JSON that folds: Space on a node, or a click."""

    DEFAULT_CSS = """
    JsonTree { height: 1fr; background: transparent; overflow-x: auto; }
    """

    def __init__(self) -> None:
        super().__init__("")
        self.show_root = False
        self.guide_depth = 2

    def show(self, value: object) -> None:
        """Show ``value``, opened some levels deep."""
        self.clear()
        self.root.data = value
        self._fill(self.root, 0)
        self.root.expand()
        self.scroll_home(animate=False)

    def on_tree_node_expanded(self, event: Tree.NodeExpanded[object]) -> None:
        """Fill a node that is opened for the first time."""
        if not event.node.children:
            self._fill(event.node, _OPEN_LEVELS)

    def _fill(self, node: Node, level: int) -> None:
        value = node.data
        for number, (key, child) in enumerate(_pairs(value)):
            if number == _MOST_CHILDREN:
                node.add_leaf(Text(f"… {_size(value) - number:,} more", _DIM))
                return
            label = _label(key, child)
            if not (isinstance(child, dict | list) and child):
                node.add_leaf(label, child)
                continue
            is_open = level < _OPEN_LEVELS and _size(child) <= _MOST_CHILDREN
            inner = node.add(label, child, expand=is_open)
            if is_open:
                self._fill(inner, level + 1)


class RecordPanel(Vertical):
    """The record of the row that the cursor is on."""

    DEFAULT_CSS = """
    RecordPanel {
        border-left: solid $primary;
        width: 45%;
        padding-left: 1;
    }
    RecordPanel.-below {
        border-left: none;
        border-top: solid $primary;
        width: 100%;
        height: 50%;
        padding-left: 0;
    }
    RecordPanel > #told { height: auto; max-height: 50%; color: $text-muted; }
    """

    def __init__(self, zone: tzinfo | None) -> None:
        super().__init__()
        self._zone = zone
        self._shown: Item | None = None

    def compose(self) -> ComposeResult:
        """Lay out the words and the JSON."""
        yield Static(id="told", markup=False)
        yield JsonTree()

    def show(self, item: Item | None) -> None:
        """Show the record of ``item``, or the words of a line between the events."""
        if item is self._shown:
            return
        self._shown = item
        words, tree = self.query_one("#told", Static), self.query_one(JsonTree)
        if not isinstance(item, Event):
            words.update(Text("" if item is None else item.words))
            tree.show({})
            return
        record = jsontext.loads_of_any_depth(item.line)
        if not isinstance(record, dict):
            return
        words.update(Text("\n".join(caption(record, self._zone))))
        first = {key: record[key] for key in _FIRST if key in record}
        tree.show(first | record)


def _label(key: object, value: object) -> Text:
    label = Text(clean(str(key)[:_LONGEST_VALUE]), _KEY)
    label.append(": ", _DIM)
    if isinstance(value, dict | list) and value:
        noun = "key" if isinstance(value, dict) else "item"
        label.append(counted(_size(value), noun), _DIM)
        return label
    label.append(_written(value), _COLORS.get(type(value), _WORD))
    return label


def _written(value: object) -> str:
    if isinstance(value, str) and len(value) > _LONGEST_VALUE:
        beginning = jsontext.dumps(value[:_LONGEST_VALUE]).decode()
        return clean(f"{beginning} … {len(value):,} characters")
    return clean(jsontext.dumps(value).decode())


def _pairs(value: object) -> Iterator[tuple[object, object]]:
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list):
        yield from enumerate(value)


def _size(value: object) -> int:
    return len(value) if isinstance(value, dict | list) else 0


def caption(record: Mapping[str, object], zone: tzinfo | None = None) -> Iterator[str]:
    """Yield lines about ``record``, as JSON Lines have it. They are clean."""
    event, channel = words(record.get("event")), words(record.get("channel"))
    yield _cut(f"{event} #{words(record.get('seq'))} · {channel or 'no channel'}")
    if author := _author(record.get("author")):
        yield _cut(f"by {author}")
    yield _cut(_times(record, zone))
    for key, name in (("chat_id", "chat"), ("message_id", "message")):
        if identity := words(record.get(key)):
            yield _cut(f"{name} {identity}")


def _author(author: object) -> str:
    kind, name, identity = (words(dig(author, key)) for key in ("kind", "name", "id"))
    if not kind:
        return ""
    who = f"{kind} {name}" if name else kind
    who = f"{who} ({identity})" if identity else who
    via = words(dig(author, "via"))
    return f"{who} via {via}" if via else who


def _times(record: Mapping[str, object], zone: tzinfo | None) -> str:
    received = datetime.fromisoformat(str(record["received_at"]))
    told = f"received {_clock(received, zone)}"
    if (at := string(record["occurred_at"])) is not None:
        occurred = datetime.fromisoformat(at)
        late = (received - occurred).total_seconds()
        after = f"{elapsed(late)} later" if late >= 0 else f"{elapsed(-late)} earlier"
        told = f"at {_clock(occurred, zone)}, {told} ({after})"
    if record.get("backfill") is True:
        told += ", from the API"
    if record.get("malformed") is True:
        told += ", not as documented"
    return told


def _clock(instant: datetime, zone: tzinfo | None) -> str:
    try:
        return f"{instant.astimezone(zone):%Y-%m-%d %H:%M:%S}"
    except OverflowError:
        return words(instant.isoformat())


def _cut(text: str) -> str:
    return clean(text[:_LONGEST_CAPTION])
