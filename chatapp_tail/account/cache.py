"""Earlier answers of the API, for completion and names. The file may be deleted at any time.

It holds no secrets but people's names, so only its owner can read the files. Any failure behaves
like an empty cache.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from chatapp_tail import jsontext
from chatapp_tail.account.files import read_bounded, replace_file
from chatapp_tail.chatapp.values import dig, integer, string

_LARGEST_FILE = 64 << 20
# Age after which employees' names are read again, in seconds.
_NAMES_LIFETIME = 86_400


class Cache:
    """The cache of one profile and API: the last channel listing, and employees' names."""

    def __init__(self, folder: Path, profile: str, api_url: str | None) -> None:
        """With ``api_url`` None the cache of any API is read; such a cache is never written."""
        self._path = folder / f"{quote(profile, safe='', errors='surrogatepass')}.json"
        self._api_url = api_url

    def channels(self) -> list[tuple[str, str]]:
        """Return spec and description of the channels of the last listing, for completion."""
        stored = self._load().get("channels")
        rows = [
            (string(dig(row, "spec")), string(dig(row, "description")) or "")
            for row in (stored if isinstance(stored, list) else ())
        ]
        return [(spec, description) for spec, description in rows if spec]

    def keep_channels(self, rows: Sequence[tuple[str, str]]) -> None:
        """Store specs and descriptions."""
        kept = [{"spec": spec, "description": description} for spec, description in rows]
        self._save({**self._load(), "channels": kept})

    def employees(self, company: int, now: float) -> dict[str, str] | None:
        """Return the names of a company's employees by id; None if they are older than a day."""
        stored = dig(self._load(), "employees", str(company))
        at, names = integer(dig(stored, "at")), dig(stored, "names")
        if at is None or not now - _NAMES_LIFETIME < at <= now or not isinstance(names, dict):
            return None
        return {identity: name for identity, name in names.items() if isinstance(name, str)}

    def keep_employees(self, company: int, names: Mapping[str, str], now: float) -> None:
        """Store a company's employees; ``now`` in unix seconds."""
        content = self._load()
        stored = content.get("employees")
        companies = stored if isinstance(stored, dict) else {}
        entry = {"at": int(now), "names": dict(names)}
        self._save({**content, "employees": {**companies, str(company): entry}})

    def _load(self) -> dict[str, object]:
        with suppress(OSError, ValueError):
            content = jsontext.loads(read_bounded(self._path, _LARGEST_FILE))
            if isinstance(content, dict) and self._api_url in (None, content.get("api_url")):
                return content
        return {"api_url": self._api_url}

    def _save(self, content: Mapping[str, object]) -> None:
        with suppress(OSError):
            replace_file(self._path, jsontext.dumps(content))
