"""Files in a bucket of S3, or of what speaks it (decision 0090).

Credentials, region and endpoint are those of AWS_* in the environment, or of the role of the host. An object is there
whole or not at all, and readers see a new one at once.
"""

import logging
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from functools import cached_property
from importlib.util import find_spec
from io import BytesIO
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, BinaryIO, TypeVar

from webapp.kit import clock
from webapp.kit.file_store import HELD_IN_MEMORY, HIDDEN, PROBE, FilesUnavailableError, KeptFile, logged_name
from webapp.kit.translatable import _
from webapp.settings import SettingsError

if TYPE_CHECKING:
    from obstore.store import ClientConfig, S3Store

_T = TypeVar("_T")
_CONNECTING = timedelta(seconds=2)
_SILENCE = timedelta(seconds=3)  # after which an answer is not waited for any more
_WHOLE = timedelta(seconds=30)  # for all bytes of a file
_RETRIES = 1
_LEFT_ALONE = 5.0  # seconds; a bucket that does not answer is asked again then, and everybody else is told at once
_FRESH = timedelta(hours=12)  # a file that is older is written again when it is wanted, which gives it a date of today
_PIECE = 256 * 1024
_ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")
# Of "… status code: 403 Forbidden: <Error><Code>AccessDenied</Code>…"; the rest may hold what signed the request.
_STATUS = re.compile(r"status code: (\d{3})")
_CODE = re.compile(r"<Code>(\w+)</Code>")
_asking = [0]  # the process that has asked a bucket
log = logging.getLogger(__name__)


class BucketStore:
    """Files below `s3://bucket/prefix`; what asks the bucket has threads, which no fork takes along."""

    def __init__(self, address: str) -> None:
        if find_spec("obstore") is None:
            needs = _("needs a library that is not installed: pip install 'paidspan[s3]'")
            raise SettingsError(("PAIDSPAN_STORAGE_URL", needs))
        self.address = address
        self._left_alone_until = 0.0

    def read(self, name: str) -> bytes | None:
        """Return the bytes of a file; one that was put aside while somebody came to want it is put back."""
        file = self.open(name)
        if file is None and self._ask(name, lambda: self._copy(_aside(name), name)):
            file = self.open(name)
        if file is None:
            return None
        with file:
            return file.read()

    def open(self, name: str) -> BinaryIO | None:
        """Return a file, fetched whole, so that whatever goes wrong on the way is known before any of it is sent."""
        return self._ask(name, lambda: self._fetch(name))

    def put(self, name: str, data: bytes) -> None:
        """Write a file, in one request: a process that is killed leaves nothing behind."""
        self._ask(name, lambda: self._writer.put(name, data, use_multipart=False))

    def keep(self, name: str, data: bytes) -> None:
        """Have a file; of two hosts that write it at once one comes second, with the same bytes."""
        if not self._ask(name, lambda: self._is_fresh(name)):
            self.put(name, data)

    def touch(self, name: str) -> None:
        """Note that a file was wanted now: its date is that of its last writing."""
        data = self.read(name)
        if data is not None:
            self.put(name, data)

    def files(self, folder: str) -> Iterator[KeptFile]:
        """Yield what is kept below a folder, a thousand at a time."""
        pages = iter(self._ask(folder, lambda: self._reader.list(folder, chunk_size=1000)))
        while (page := self._ask(folder, lambda: next(pages, None))) is not None:
            for found in page:
                yield KeptFile(found["path"], found["size"], found["last_modified"].timestamp())

    def delete(self, name: str) -> None:
        """Delete a file."""
        self._ask(name, lambda: self._delete(name))

    def delete_unwanted(self, name: str, before: float) -> bool:
        """Put a file aside, and delete what was put aside before that time.

        No bucket can delete what nobody has written since it was looked at. So it stays aside for as long as an import
        may take, and `read` finds it there: an import that came to want it while it went has it all the same.
        """
        if name.rpartition("/")[2].startswith(HIDDEN):
            self.delete(name)
            return True
        if self._ask(name, lambda: self._changed_at(name)) >= before:
            return False
        if self._ask(name, lambda: self._copy(name, _aside(name))):
            self.delete(name)
        return False

    def check(self) -> None:
        """List, write, read and delete a small file; raise FilesUnavailableError where any of it cannot be done."""
        list(self.files(PROBE.rpartition("/")[0]))  # first, for silence is noticed soonest by who reads
        self.put(PROBE, b"paidspan")
        self.read(PROBE)
        self.delete(PROBE)

    def _ask(self, what: str, ask: Callable[[], _T]) -> _T:
        """Return what the bucket answers; raise FilesUnavailableError where it does not, or refuses."""
        _refuse_after_fork()
        if time.monotonic() < self._left_alone_until:
            raise FilesUnavailableError(_("it does not answer"))
        from obstore.exceptions import BaseError  # noqa: PLC0415 - an extra of this package

        try:
            return ask()
        except (BaseError, OSError, ValueError) as error:
            reason = _reason(error)
            log.warning("%s cannot be used for %s: %s", self.address, logged_name(what), reason)
            if not reason[:1].isdecimal() or reason.startswith("5"):
                self._left_alone_until = time.monotonic() + _LEFT_ALONE
            raise FilesUnavailableError(reason) from error

    def _fetch(self, name: str) -> BinaryIO | None:
        try:
            answer = self._reader.get(name)
        except FileNotFoundError as error:
            if _has_no_bucket(error):
                raise
            return None
        if answer.meta["size"] <= HELD_IN_MEMORY:
            return BytesIO(answer.bytes())
        file = TemporaryFile()  # noqa: SIM115 - whoever asked closes it
        try:
            for piece in answer.stream(_PIECE):
                file.write(piece)
            file.seek(0)
        except BaseException:
            file.close()
            raise
        return file

    def _is_fresh(self, name: str) -> bool:
        return self._changed_at(name) >= (clock.machine_now() - _FRESH).timestamp()

    def _changed_at(self, name: str) -> float:
        """Return when a file was written, long ago for one that is not there."""
        with suppress(FileNotFoundError):  # a bucket that is gone is noticed by what is asked of it next
            return self._reader.head(name)["last_modified"].timestamp()
        return 0.0

    def _copy(self, name: str, target: str) -> bool:
        """Copy a file within the bucket; return whether there was one."""
        try:
            self._writer.copy(name, target)
        except FileNotFoundError as error:
            if _has_no_bucket(error):
                raise
            return False
        return True

    def _delete(self, name: str) -> None:
        try:
            self._writer.delete(name)
        except FileNotFoundError as error:
            if _has_no_bucket(error):
                raise

    @cached_property
    def _reader(self) -> "S3Store":
        return self._opened({"connect_timeout": _CONNECTING, "read_timeout": _SILENCE, "timeout": _WHOLE})

    @cached_property
    def _writer(self) -> "S3Store":
        """While bytes are on their way there is no answer yet: silence says nothing."""
        return self._opened({"connect_timeout": _CONNECTING, "timeout": _WHOLE})

    def _opened(self, limits: "ClientConfig") -> "S3Store":
        from obstore.store import S3Store  # noqa: PLC0415 - as above

        bucket, _slash, prefix = self.address.removeprefix("s3://").partition("/")
        endpoint = next(filter(None, map(os.environ.get, _ENDPOINTS)), "")
        return S3Store(
            bucket,
            prefix=prefix or None,
            config={"disable_bulk_delete": True},  # which not all that speak S3 know
            client_options={"allow_http": endpoint.startswith("http://"), **limits},
            retry_config={"max_retries": _RETRIES, "retry_timeout": timedelta(seconds=5)},
        )


def _refuse_after_fork() -> None:
    """Raise where a process that this one was forked from has asked a bucket, any bucket.

    All stores of a process share what waits for their answers, and a child shares it with its parent: the child's would
    never come, and the parent would crash over them.
    """
    if _asking[0] not in {0, os.getpid()}:
        raise RuntimeError("a bucket was asked before a fork, and must not be asked after it")
    _asking[0] = os.getpid()


def _aside(name: str) -> str:
    folder, slash, last = name.rpartition("/")
    return f"{folder}{slash}{HIDDEN}{last}"


def _has_no_bucket(error: Exception) -> bool:
    return "NoSuchBucket" in str(error)


def _reason(error: Exception) -> str:
    """Return what a bucket answered, or that it did not: never what it was asked with."""
    status, code = _STATUS.search(str(error)), _CODE.search(str(error))
    if status is None:
        return "it does not answer, or its answer breaks off"
    return " ".join([status[1], code[1] if code else ""]).strip()
