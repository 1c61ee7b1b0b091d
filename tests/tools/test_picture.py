import re
import xml.etree.ElementTree as ET

from tools.browse_picture import BROWSE_PICTURE, browse_picture
from tools.picture import PICTURE, picture

SVG = "{http://www.w3.org/2000/svg}"


def drawn() -> str:
    return picture()[PICTURE]


def lines() -> list[str]:
    """Return what stands in the picture's terminal, a line for each of its heights."""
    by_height: dict[str, str] = {}
    matrix = ET.fromstring(drawn()).iter(f"{SVG}text")  # noqa: S314 (our own file)
    for text in matrix:
        if "clip-path" in text.attrib:
            height = text.attrib["y"]
            by_height[height] = f"{by_height.get(height, '')} {text.text or ''}"
    return [" ".join(line.split()) for line in by_height.values()]


def test_picture_shows_the_same_as_a_terminal() -> None:
    shown = lines()
    assert shown[0] == "$ chatapp-tail demo"
    assert shown[1].split() == ["TIME", "CHANNEL", "EVENT", "MSG", "WHO", "WORDS"]
    assert "09:00:03 telegram message 42203 Айгүл Ермекова ← [image]" in shown[5]
    assert any("✓✓ delivered +0.9s · Иә" in line for line in shown)
    assert any("❤️ · Иә" in line for line in shown)
    assert any('+ tag "день рождения"' in line for line in shown)


def test_picture_loads_nothing_from_elsewhere() -> None:
    assert re.findall(r"https?://[^\"]+", drawn()) == ["http://www.w3.org/2000/svg"]
    assert "@import" not in drawn()
    assert not re.search(r"url\((?!#demo-)", drawn())


def test_picture_of_the_screen_shows_a_record_beside_its_row() -> None:
    shown = browse_picture()[BROWSE_PICTURE]
    assert "Сколько&#160;стоит&#160;торт" in shown
    assert "by&#160;client&#160;Дмитрий&#160;Орлов" in shown
    assert re.findall(r"https?://[^\"]+", shown) == ["http://www.w3.org/2000/svg"]
