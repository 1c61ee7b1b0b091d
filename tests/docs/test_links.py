"""Links lead somewhere. Those to other sites aren't followed, only held to a list of sites."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.docs.pages import TOP, anchors, links, pages, targets

SITES = {
    "chatapp.online",
    "duckdb.org",
    "github.com",
    "keepachangelog.com",
    "lnav.org",
    "semver.org",
    "sqlite-utils.datasette.io",
    "vector.dev",
}


@pytest.mark.parametrize("page", pages(), ids=str)
def test_each_link_within_the_project_leads_to_a_file_and_a_heading(page: Path) -> None:
    for link in links(page):
        if "://" in link:
            continue
        name, _, anchor = link.partition("#")
        target = (TOP / page.parent / name).resolve() if name else TOP / page
        assert target.is_relative_to(TOP), link
        assert target.exists(), link
        if anchor:
            assert anchor in anchors(target.relative_to(TOP)), link


@pytest.mark.parametrize("page", pages(), ids=str)
def test_links_to_other_sites_are_https_and_to_known_ones(page: Path) -> None:
    for link in links(page):
        if "://" in link:
            assert urlsplit(link).scheme == "https", link
            assert urlsplit(link).hostname in SITES, link


def test_each_page_can_be_reached_from_the_readme() -> None:
    reached, waiting = set(), [Path("README.md")]
    while waiting:
        page = waiting.pop()
        if page in reached or page.suffix != ".md":
            continue
        reached.add(page)
        waiting += targets(page)
    assert reached == set(pages())
