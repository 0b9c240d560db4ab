"""What users write as HTML, made fit for a mail program: cleaned, CSS inlined, and as plain text."""

import re

import css_inline
import html2text
import nh3

# Mail programs run no scripts, and a browser that shows a preview must not either. Everything that
# lays out or colours stays, comments too: Outlook takes its own tables from <!--[if mso]>.
TAGS = nh3.ALLOWED_TAGS | {"font", "main", "section", "style", "tfoot"}
DROPPED_WITH_CONTENT = {
    "script", "title", "iframe", "object", "embed", "applet", "noscript", "template", "math", "svg",
    "select", "textarea", "button", "audio", "video",
}  # fmt: skip
ANYWHERE = {
    "align", "bgcolor", "border", "cellpadding", "cellspacing", "class", "color", "dir", "face", "height", "id",
    "lang", "role", "size", "style", "title", "valign", "width", "background", "hspace", "vspace", "nowrap",
}  # fmt: skip
ATTRIBUTES = {
    "*": ANYWHERE,
    "a": {"href", "hreflang", "name", "rel", "target", "data-tracked-link"},
    "area": {"alt", "coords", "href", "shape", "target", "data-tracked-link"},
    "col": {"span"},
    "colgroup": {"span"},
    "img": {"alt", "src", "srcset", "sizes", "usemap"},
    "map": {"name"},
    "ol": {"start", "type"},
    "style": {"media", "type"},
    "table": {"summary"},
    "td": {"colspan", "headers", "rowspan"},
    "th": {"abbr", "colspan", "headers", "rowspan", "scope"},
    "time": {"datetime"},
}
SCHEMES = {"http", "https", "mailto", "tel", "sms", "cid"}
OWN_LAYOUT = re.compile(r"<(?:!doctype|html|body)\b", re.IGNORECASE)
BODY_TAG = re.compile(r"<(/?)body\b", re.IGNORECASE)

_cleaner = nh3.Cleaner(
    tags=TAGS,
    clean_content_tags=DROPPED_WITH_CONTENT,
    attributes=ATTRIBUTES,
    url_schemes=SCHEMES,
    strip_comments=False,
    link_rel=None,
)
# @media rules can't be inlined; programs that know them read them from the head.
_inliner = css_inline.CSSInliner(load_remote_stylesheets=False, keep_at_rules=True)


def has_own_layout(html: str) -> bool:
    """A whole document brings its own sheet, background and widths."""
    return bool(OWN_LAYOUT.search(html))


def clean_html(html: str) -> str:
    """A fragment without scripts, event handlers, frames, forms and odd URL schemes.

    A whole document becomes the content of its body, in a <div> with the body's style.
    """
    return _cleaner.clean(BODY_TAG.sub(r"<\1div", html))


def inline_css(document: str) -> str:
    return _inliner.inline(document)


def as_text(html: str) -> str:
    """HTML as readable plain text, links kept."""
    converter = html2text.HTML2Text(bodywidth=0)
    converter.ignore_images = True
    converter.protect_links = True
    return converter.handle(html).strip()
