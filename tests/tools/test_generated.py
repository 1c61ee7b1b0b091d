from tools.generated import TOP, generated


def test_generated_files_are_what_the_program_says_today() -> None:
    stale = [
        str(path.relative_to(TOP))
        for path, content in generated().items()
        if not path.exists() or path.read_text(encoding="utf-8") != content
    ]
    assert stale == [], "run: make generated"
