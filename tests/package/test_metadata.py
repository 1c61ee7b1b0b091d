from functools import cache

from packaging.metadata import Metadata

from chatapp_tail import __version__
from tests.package.given import METADATA, NAME, TOP, in_wheel


@cache
def metadata() -> Metadata:
    """Return what the wheel says of itself. Raises for what a registry would refuse."""
    return Metadata.from_email(in_wheel()[METADATA], validate=True)


def test_version_is_that_of_the_package_and_stands_nowhere_else() -> None:
    assert str(metadata().version) == __version__
    assert not metadata().dynamic
    assert __version__ not in (TOP / "pyproject.toml").read_text(encoding="utf-8")


def test_readme_is_the_description() -> None:
    assert metadata().description == (TOP / "README.md").read_text(encoding="utf-8")
    assert metadata().description_content_type == "text/markdown"


def test_license_is_named_and_enclosed() -> None:
    assert metadata().license_expression == "MIT"
    assert metadata().license_files == ["LICENSE"]


def test_extras_bring_what_only_they_need() -> None:
    asked = {one.name: str(one.marker) for one in metadata().requires_dist or [] if one.marker}
    assert asked == {
        "aiohttp": 'extra == "demo"',
        "prometheus-client": 'extra == "metrics"',
        "textual": 'extra == "browse"',
        "trustme": 'extra == "demo"',
    }
    assert metadata().provides_extra == ["browse", "demo", "metrics"]


def test_every_dependency_has_a_lower_bound() -> None:
    for one in metadata().requires_dist or []:
        assert ">=" in [bound.operator for bound in one.specifier], one
    assert str(metadata().requires_python) == ">=3.11"


def test_one_command_is_installed() -> None:
    written = in_wheel()[f"{NAME}.dist-info/entry_points.txt"].decode()
    assert written == "[console_scripts]\nchatapp-tail = chatapp_tail.__main__:main\n"
