"""One of several runs that share the channels among them. Pure."""

import re
from dataclasses import dataclass

_FORM = re.compile(r"(?P<index>[0-9]{1,9})/(?P<count>[0-9]{1,9})")
_MOST_SHARDS = 10_000
_HASH_BYTES = 8


@dataclass(frozen=True, slots=True)
class Shard:
    """The ``index``-th of ``count`` shares, counted from 0.

    Kubernetes' StatefulSets (``apps.kubernetes.io/pod-index``) and Nomad (``NOMAD_ALLOC_INDEX``)
    count their replicas so.
    """

    index: int
    count: int

    def has(self, name: str) -> bool:
        """Return whether the channel of this name belongs to this share.

        The 8-byte BLAKE2b of its UTF-8, as a big-endian number, decides. It never changes, so runs
        of different versions can share channels.
        """
        from hashlib import blake2b  # noqa: PLC0415 (loads OpenSSL, and few runs share)

        digest = blake2b(name.encode(errors="surrogatepass"), digest_size=_HASH_BYTES).digest()
        return int.from_bytes(digest, "big") % self.count == self.index

    def __str__(self) -> str:
        """Return it as ``parse_shard`` reads it."""
        return f"{self.index}/{self.count}"


def parse_shard(text: str) -> Shard:
    """Return the shard in ``0/3``. Raises ``ValueError`` with the right forms for anything else."""
    match = _FORM.fullmatch(text.strip())
    if not match:
        raise ValueError(f"{text!r} is not a shard; write I/N, as in 0/3 for the first of three")
    shard = Shard(int(match["index"]), int(match["count"]))
    if shard.count == 0:
        raise ValueError(f"{text!r} has no shares; N is at least 1")
    if shard.count > _MOST_SHARDS:
        raise ValueError(f"{text!r} is too many; N is at most {_MOST_SHARDS}")
    if shard.index >= shard.count:
        raise ValueError(f"{text!r} is not one of them; I counts from 0: {_all_of(shard.count)}")
    return shard


def _all_of(count: int) -> str:
    """Return ``0/3, 1/3, 2/3``; of many, the first two and the last."""
    if count <= 4:
        return ", ".join(f"{index}/{count}" for index in range(count))
    return f"0/{count}, 1/{count}, … {count - 1}/{count}"
