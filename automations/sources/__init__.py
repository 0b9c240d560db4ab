"""Turns facts into events. The only code that knows both sides; signal receivers only."""

from . import contacts, usage

__all__ = ["contacts", "usage"]
