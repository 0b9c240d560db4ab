"""The apps that can be connected. Import an app's module below and it exists everywhere."""

from . import calendly, typeform, unbounce
from .base import CONNECTORS, ApiFailed, Connector, Malformed, Received, Request, WrongSignature

__all__ = [
    "CONNECTORS",
    "ApiFailed",
    "Connector",
    "Malformed",
    "Received",
    "Request",
    "WrongSignature",
    "calendly",
    "typeform",
    "unbounce",
]
