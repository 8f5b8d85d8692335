"""Every text of the page exists in French, Italian and English."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publish.site import SCRIPTS
from publish.site_text import TEMPLATES, csp_hash, json_for_html, strings

LANGUAGES = {"fr", "it", "en"}


def sources() -> str:
    scripts = [(TEMPLATES / "js" / f"{name}.js").read_text(encoding="utf-8") for name in SCRIPTS]
    return "\n".join([*scripts, (TEMPLATES / "index.html.j2").read_text(encoding="utf-8")])


@pytest.mark.parametrize("key", sorted(strings()))
def test_a_text_is_in_three_languages_with_the_same_blanks_to_fill(key: str) -> None:
    texts = strings()[key]
    assert set(texts) == LANGUAGES
    assert all(text.strip() for text in texts.values())
    assert len({frozenset(re.findall(r"\{(\w+)\}", text)) for text in texts.values()}) == 1
    if len(texts["fr"].split()) > 3:
        assert len(set(texts.values())) == 3, "a sentence is the same in two languages"


def test_the_page_uses_no_text_that_is_missing() -> None:
    used = set(re.findall(r"""\bt\("(\w+)\"""", sources()))
    used |= set(re.findall(r"""data-t(?:-label)?="(\w+)\"""", sources()))
    used |= set(re.findall(r"\bt\.(\w+)\.fr", sources()))
    assert len(used) > 60
    assert used <= set(strings())


def test_no_text_is_left_over() -> None:
    body = sources()
    unused = {key for key in strings() if not re.search(rf'[".]{key}[".]|"{key.removeprefix("nav_")}"', body)}
    assert unused == set()


@given(
    st.recursive(
        st.none() | st.booleans() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_embedded_json_cannot_end_its_element_and_says_the_same(value: object) -> None:
    written = json_for_html(value)
    assert not set("<>&\u2028\u2029") & set(written)
    assert json.loads(written) == value


def test_numbers_that_json_lacks_are_refused() -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        json_for_html({"x": float("nan")})


def test_the_hash_is_the_one_that_browsers_compute() -> None:
    # The example of the Content Security Policy specification, level 3.
    assert csp_hash("doSomething();") == "sha256-RFWPLDbv2BY+rCkDzsE+0fr8ylGr2R2faWMhq4lfEQc="
