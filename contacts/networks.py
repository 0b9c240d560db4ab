"""Networks that an e-mail can be shared on: one line each. Registered once, it is in templates and triggers."""

from dataclasses import dataclass
from urllib.parse import quote

# {url} is the address of the e-mail's public version, {title} its subject, both percent-encoded.
_KNOWN = (
    ("facebook", "Facebook", "https://www.facebook.com/sharer/sharer.php?u={url}"),
    ("x", "X", "https://x.com/intent/post?url={url}&text={title}"),
    ("linkedin", "LinkedIn", "https://www.linkedin.com/sharing/share-offsite/?url={url}"),
    ("whatsapp", "WhatsApp", "https://wa.me/?text={title}%20{url}"),
    ("telegram", "Telegram", "https://t.me/share/url?url={url}&text={title}"),
    ("reddit", "Reddit", "https://www.reddit.com/submit?url={url}&title={title}"),
    ("pinterest", "Pinterest", "https://www.pinterest.com/pin/create/button/?url={url}&description={title}"),
    ("bluesky", "Bluesky", "https://bsky.app/intent/compose?text={title}%20{url}"),
)


@dataclass(frozen=True, slots=True)
class Network:
    slug: str
    label: str
    pattern: str

    def share_url(self, url: str, title: str) -> str:
        return self.pattern.format(url=quote(url, safe=""), title=quote(title[:200], safe=""))


NETWORKS = {slug: Network(slug, label, pattern) for slug, label, pattern in _KNOWN}
