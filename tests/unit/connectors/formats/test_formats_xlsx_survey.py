"""The look at all bytes at once sees what the patterns see, or says nothing."""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st

from connectors.core.formats_xlsx_guard import _searched
from connectors.core.formats_xlsx_survey import survey

PIECES = st.sampled_from(
    ['<row r="12">', '<row r="7" hidden="1">', "</row>", '<c r="A1">', '<c r="XFD1048576" t="e"/>', '<c r="ab7" s="1"',
     ' t="s">', "<c>", "<c/>", "<col/>", '<x:c r="B2">', "<f>A1</f>", "<x:f>1</x:f>",
     "<f/>", "<formula>", "<v>1</v>",
     "<is><t>l'été</t></is>", "a=b", ' r="', ' r = "Z9"', " r='Y8'", '\tr="W6"', '\nr="V5"', 'r="U4"', ' r="ABCDE1"',
     ' r="12345678901"',
     ' r="A"', ' r=""', ' r="1A"', ' t="e"', " t='e'", '\tt="e"', ' at="e"', ' t="ee"', '"', "=", ">",
     "<", ":c", ":f", "e", " ", "&amp;"]
)  # fmt: skip


@settings(max_examples=1000)
@given(st.lists(PIECES, max_size=12).map("".join))
@example('<row r="1"><c r="A1" t="inlineStr"><is><t>a</t></is></c></row>')
def test_the_survey_says_what_the_patterns_say(text: str) -> None:
    found, wanted = survey(text.encode()), _searched(text.encode())
    if found:
        assert found._replace(may_hide=True) == wanted
        assert found.may_hide or "hidden=" not in text


def test_the_usual_writing_is_surveyed() -> None:
    text = (
        b'<row r="40" hidden="1"><c r="B40" s="3" t="s"><v>7</v></c><c r="AB40"><v>5</v></c><c r="AC40" t="e"/></row>'
    )
    assert survey(text) == (40, 29, 3, True, True)
    assert survey(text.replace(b' t="e"', b"")) == (40, 29, 3, False, True)
    assert survey(b"") == (0, 0, 0, False, False)
