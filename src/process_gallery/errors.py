"""The errors of this package. Each message names what cannot be used, and the remedy."""

from __future__ import annotations


class ProcessGalleryError(Exception):
    """Base class of all errors that this package raises itself."""


class ExampleError(ProcessGalleryError):
    """An example cannot be used as it is; the message names the file and the remedy."""


class InterpreterError(ProcessGalleryError):
    """An interpreter cannot be used; the message names it and the reason."""


class RecorderError(ProcessGalleryError):
    """The recorder itself could not do its work; the message says what to do."""


class RecordError(ProcessGalleryError, ValueError):
    """The data is not a record of this schema."""
