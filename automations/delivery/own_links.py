"""The links that every e-mail can have: `links.unsubscribe`, `links.web_version`, `links.share_facebook`, …"""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.urls import reverse

from contacts.links import inert_links, preferences_url, unsubscribe_url
from contacts.mail_tokens import make_token
from contacts.models import Contact, SentEmail
from contacts.networks import NETWORKS


def links_of(content: Mapping[str, Any], contact: Contact, email: SentEmail) -> dict[str, str]:
    """Those of one e-mail. Shares are counted where its clicks are; else they lead straight to the network."""
    counted = bool(content.get("track_links"))
    return {
        "unsubscribe": unsubscribe_url(contact, email.lists, email.pk),
        "preferences": preferences_url(contact, email.pk),
        "web_version": url_of("web-version", "web", email.pk),
        "forward": url_of("forward", "forward", email.pk),
        **{
            f"share_{slug}": share_url(slug, email.pk)
            if counted
            else network.share_url(public_url(email.pk), email.subject)
            for slug, network in NETWORKS.items()
        },
    }


def preview_links() -> dict[str, str]:
    """They lead to the pages, and change nothing."""
    return {
        **inert_links(),
        "web_version": _url("mail:web-version", "preview"),
        "forward": _url("mail:forward", "preview"),
        **{f"share_{slug}": _url("mail:share", slug, "preview") for slug in NETWORKS},
    }


def public_links(email: int) -> dict[str, str]:
    """For who is not the recipient: nothing leads to the recipient's own pages."""
    public = public_url(email)
    direct = {f"share_{slug}": network.share_url(public, "") for slug, network in NETWORKS.items()}
    return {"unsubscribe": "", "preferences": "", "web_version": public, "forward": public, **direct}


def public_url(email: int) -> str:
    return url_of("public-version", "public", email)


def share_url(network: str, email: int) -> str:
    return _url("mail:share", network, make_token("share", email))


def url_of(page: str, purpose: str, email: int) -> str:
    return _url(f"mail:{page}", make_token(purpose, email))


def _url(name: str, *args: str) -> str:
    return str(settings.SITE_URL) + reverse(name, args=args)
