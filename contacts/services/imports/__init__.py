"""CSV files into contacts: read, mapped, tried (dry run) and imported in the worker."""

from .jobs import create_import, import_preview, start_import
from .mapping import import_targets, propose_mapping
from .options import ImportOptions
from .running import run_import

__all__ = [
    "ImportOptions",
    "create_import",
    "import_preview",
    "import_targets",
    "propose_mapping",
    "run_import",
    "start_import",
]
