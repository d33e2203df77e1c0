from attacks_table import PAGE, page


def test_the_page_of_attacks_says_what_the_suite_does() -> None:
    text = PAGE.read_text()
    assert page(text) == text, "write it anew: python tests/attacks/sandbox/attacks_table.py"
