"""Where spreadsheets are kept. Import a back end's module below and it can be chosen everywhere."""

from . import csv, google  # isort: skip
from .base import BACKENDS, Backend, Row, backend_of

__all__ = ["BACKENDS", "Backend", "Row", "backend_of", "csv", "google"]
