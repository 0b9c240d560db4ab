"""Django's mail back end for files, made fit for a disk that is full: a message is there whole, or not at all.

Django writes a message in parts through a buffer. When the disk is full the beginning would stay in the file,
and what waits in the buffer would come after it once there is room again: a message that counts as not sent.
"""

import io
import os
import uuid
from contextlib import suppress
from typing import Any

from django.core.mail import EmailMessage
from django.core.mail.backends import filebased


class EmailBackend(filebased.EmailBackend):
    _file: str | None = None

    def _get_filename(self) -> str:
        """Django's names are unique within a process; senders are several."""
        if self._file is None:
            name: str = super()._get_filename()  # type: ignore[misc]  # the stubs lack it
            self._file = name.removesuffix(".log") + f"-{uuid.uuid4().hex[:12]}.log"
        return self._file

    def open(self) -> bool:
        """Without a buffer, so that an error comes with the message it belongs to."""
        if self.stream is not None:
            return False
        self.stream: Any = open(self._get_filename(), "ab", buffering=0)  # noqa: PTH123, SIM115 closed by `close`
        return True

    def write_message(self, message: EmailMessage) -> None:
        whole = io.BytesIO()
        stream, self.stream = self.stream, whole
        try:
            super().write_message(message)
        finally:
            self.stream = stream
        size = os.fstat(stream.fileno()).st_size
        try:
            rest = memoryview(whole.getvalue())
            while rest:
                rest = rest[stream.write(rest) :]
        except OSError:
            with suppress(OSError):
                os.ftruncate(stream.fileno(), size)
            raise
