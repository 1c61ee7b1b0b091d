"""``python -m tools``: write all generated files again."""

from tools.generated import write

write()
