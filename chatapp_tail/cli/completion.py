"""What TAB offers: from memory alone, without the network and without anything heavy to load."""

import os

import typer

from chatapp_tail.account.cache import Cache
from chatapp_tail.account.config import DEFAULT_PROFILE
from chatapp_tail.account.folders import cache_folder


def specs(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the specs of the last channel listing of the profile that the line names."""
    contexts = (ctx, ctx.find_root())
    named = [one.params["profile"] for one in contexts if one.params.get("profile")]
    profile = [*named, os.environ.get("CHATAPP_TAIL_PROFILE") or DEFAULT_PROFILE][0]
    known = Cache(cache_folder(os.environ), profile, None).channels()
    return [spec for spec, _ in known if spec.startswith(incomplete)]
