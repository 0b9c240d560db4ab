"""One spelling for the same page, and patterns: tables, a slow reference matcher, and time."""

import re
import time

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from contacts.pages import MAX_URL, PARTS, Pattern, clean_url, host_of, page_of, without_contact

SAME = [
    "https://site.com/blog",
    "http://site.com/blog",
    "HTTPS://WWW.Site.COM/Blog/",
    "https://site.com/blog?utm_source=x",
    "https://site.com/blog/#top",
    "https://site.com/bl%6Fg",
    "  https://site.com/blog  ",
]


@pytest.mark.parametrize("url", SAME)
def test_one_spelling(url):
    assert page_of(url) == "site.com/blog"


@pytest.mark.parametrize(
    ("url", "page"),
    [
        ("https://site.com/", "site.com"),
        ("https://xn--caf-dma.example/caf%C3%A9", "café.example/café"),
        ("https://site.com:8443/a", "site.com:8443/a"),
        ("https://site.com/a%00b", "site.com/a%00b"),
        ("https://site.com/?a=1", "site.com"),
        ("https://site.com/" + "a" * 600, "site.com/" + "a" * 491),
    ],
)
def test_spellings(url, page):
    assert page_of(url) == page


# pattern, wild, parts that count, address, matches
PATTERNS = [
    ("site.com/pricing", False, "", "https://www.site.com/pricing/?a=1#b", True),
    ("https://www.site.com/pricing/?x=2#y", False, "", "http://site.com/Pricing", True),
    ("site.com/pricing", False, "", "https://site.com/pricing/plans", False),
    ("site.com/pricing", False, "", "https://site.com/prices", False),
    ("site.com/pricing", False, "", "https://shop.site.com/pricing", False),
    ("site.com/a*", False, "", "https://site.com/ab", False),
    ("site.com/a*", False, "", "https://site.com/a*", True),
    ("site.com/*", True, "", "https://site.com/a/b/c", True),
    ("site.com/*", True, "", "https://site.com/", True),
    ("site.com/*", True, "", "https://site.com", True),
    ("site.com/*", True, "", "https://site.company/", False),
    ("site.com/blog/*", True, "", "https://site.com/blog", True),
    ("site.com/blog/*", True, "slash", "https://site.com/blog", False),
    ("site.com/blog/*", True, "slash", "https://site.com/blog/", True),
    ("site.com/blog/*", True, "", "https://site.com/blogs", False),
    ("site.com/*/test.php", True, "", "https://site.com/a/b/test.php", True),
    ("site.com/*/test.php", True, "", "https://site.com/a/test.php?x=1", True),
    ("site.com/*/test.php", True, "", "https://site.com/test.php", False),
    ("site.com/*/test.php", True, "", "https://site.com/a/test.phpx", False),
    ("*.site.com/*", True, "", "https://shop.site.com/x", True),
    ("*.site.com/*", True, "", "https://other.com/.site.com/", True),
    ("*.site.com/*", True, "", "https://site.org/x", False),
    ("site.com/a*a", True, "", "https://site.com/a", False),
    ("site.com/a*a", True, "", "https://site.com/aa", True),
    ("site.com/%2A", True, "", "https://site.com/*", True),
    ("site.com/%2A", True, "", "https://site.com/x", False),
    ("https://site.com/a", False, "scheme", "https://site.com/a", True),
    ("https://site.com/a", False, "scheme", "http://site.com/a", False),
    ("www.site.com/a", False, "www", "https://www.site.com/a", True),
    ("www.site.com/a", False, "www", "https://site.com/a", False),
    ("site.com/a/", False, "slash", "https://site.com/a", False),
    ("site.com/a?b=1", False, "query", "https://site.com/a?b=1", True),
    ("site.com/a?b=1", False, "query", "https://site.com/a?b=2", False),
    ("site.com/a?*b=1*", True, "query", "https://site.com/a?x=2&b=1&c=3", True),
    ("site.com/a", False, "query", "https://site.com/a?b=1", False),
    ("site.com/a#x", False, "fragment", "https://site.com/a#x", True),
    ("site.com/a#x", False, "fragment", "https://site.com/a#y", False),
    ("site.com/a", False, "case", "https://SITE.com/a", True),
    ("site.com/a", False, "case", "https://site.com/A", False),
]


@pytest.mark.parametrize(("text", "wild", "keep", "url", "matches"), PATTERNS)
def test_patterns(text, wild, keep, url, matches):
    pattern = Pattern(text, wild=wild, keep=tuple(keep.split()))
    assert pattern.matches(url) is matches
    if matches and pattern.host is not None:
        assert pattern.host == host_of(url), "the index finds what matches"


def slowly(pattern: str, text: str) -> bool:
    """By the definition: a table of what every beginning matches."""
    row = [True] + [False] * len(text)
    for sign in pattern:
        new = [row[0] and sign == "*"]
        for at, letter in enumerate(text):
            new.append((row[at + 1] or new[at]) if sign == "*" else (row[at] and sign == letter))
        row = new
    return row[-1]


small = st.text("ab/.", max_size=12)


@given(pattern=st.text("ab/.*", max_size=12), path=small)
def test_matches_by_the_definition(pattern, path):
    wanted = slowly("s/" + pattern, "s/" + path)
    assert Pattern("s/" + pattern, keep=tuple(PARTS)).matches("s/" + path) is wanted


@given(pattern=st.text("ab/*", max_size=10), path=st.text("ab/", max_size=10))
def test_the_stored_spelling_answers_alike(pattern, path):
    """What SQL is asked of a stored page, and what the matcher says of its address."""
    asked = Pattern("s.com/" + pattern)
    page = page_of("https://s.com/" + path)
    likes = [re.escape(like).replace("%", ".*") for like in asked.like()]
    found = any(re.fullmatch(like, page, re.DOTALL) for like in likes)
    assert found is asked.matches("https://s.com/" + path)


@given(st.text(max_size=200))
def test_nonsense_never_raises(text):
    page_of(text), host_of(text), Pattern(text).matches(text), Pattern(text, wild=False, keep=("query",)).like()
    assert page_of(page_of(text)) is not None


@pytest.mark.parametrize("piece", ["*a", "a*", "*a*b", "*" * 3 + "a"])
def test_no_pattern_takes_long(piece):
    url = "https://site.com/" + "a" * (MAX_URL - 20)
    pattern = Pattern(("site.com/" + piece * 200)[:499] + "c")
    started = time.perf_counter()
    for _n in range(50):
        assert not pattern.matches(url)
    assert time.perf_counter() - started < 0.5


@pytest.mark.parametrize(
    "url",
    [
        "", "site.com", "ftp://site.com", "javascript:alert(1)", "https://", "https:///x", "https://[x/",
        "https://a b/",
        "https://site.com/\ud800", "https://site.com/" + "a" * MAX_URL,
    ],
)  # fmt: skip
def test_what_is_no_page(url):
    with pytest.raises(ValidationError):
        clean_url(url)


def test_the_contact_is_taken_out():
    assert without_contact("https://a.com/?x=1&_contact=t&y=#z") == "https://a.com/?x=1&y=#z"
    assert without_contact("https://a.com/?_contacts=1") == "https://a.com/?_contacts=1"
