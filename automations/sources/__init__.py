"""Turns facts into events. The only code that knows both sides; signal receivers only."""

from . import contacts, segments, usage

__all__ = ["contacts", "segments", "usage"]
