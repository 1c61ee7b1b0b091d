"""A certificate authority for one run: it trusts nobody else, and its key is never stored."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from chatapp_tail.errors import UsageError


@contextmanager
def throwaway_authority() -> Iterator[tuple[Path, ssl.SSLContext]]:
    """Yield the authority's PEM file, for clients, and a server's context for ``localhost``.

    The file is there as long as the block. Raises ``UsageError`` if trustme is missing.
    """
    try:
        import trustme  # noqa: PLC0415 (an extra)
    except ModuleNotFoundError as exc:
        raise UsageError(
            "TLS needs trustme, which isn't installed",
            hint="python -m pip install 'chatapp-tail[demo]'",
            option="tls",
        ) from exc

    authority = trustme.CA(organization_name="chatapp-tail serve, for one run")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    with TemporaryDirectory(prefix="chatapp-tail-") as folder:
        path = Path(folder) / "ca.pem"
        authority.cert_pem.write_to_path(str(path))
        yield path, context
