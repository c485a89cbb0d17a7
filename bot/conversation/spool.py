"""Where texts wait on this host's disk while the database cannot take them.

One sealed file for each text, named so that they sort by arrival. A text that was answered is on the disk before the
answer leaves; it is played through the same conversation when the database is back, and its file goes only after that
was committed. Playing one twice does no harm: the store knows the provider's id.
"""

import fcntl
import json
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryFile
from threading import Lock
from typing import IO

from channels.base import Incoming, Via
from store.errors import StoreError, WrongKey
from store.sealed import Sealer

_log = logging.getLogger(__name__)

_TEXT = ".text"
_UNREADABLE = ".unreadable"
_PART = ".part"
_SIZE = 4096  # bytes: a sealed text is smaller, and takes a block of the disk


class SpoolError(Exception):
    """The spool cannot be written or read: a full disk, a missing right."""


@dataclass(frozen=True, slots=True)
class Spooled:
    """A text that waits: what came, when (UTC), and what was answered to it, if anything was."""

    incoming: Incoming
    at: datetime
    answered: str | None


class Spool:
    """The folder of waiting texts. Any thread and any process of this host may use it at the same time."""

    def __init__(self, folder: Path, sealer: Sealer) -> None:
        self._folder = folder
        self._sealer = sealer
        self._writing = Lock()

    def holds_texts(self) -> bool:
        """Whether a text waits. Cheap, and never an error: it is asked before every text that comes in."""
        return any(True for _ in self._names(_TEXT))

    def count(self) -> int:
        """How many texts wait, those that cannot be played among them: what a person should look at."""
        return sum(1 for _ in self._names(_TEXT)) + sum(1 for _ in self._names(_UNREADABLE))

    def writable(self) -> bool:
        """Whether a text could be put away now: something of its size is written to the disk, and gone again."""
        try:
            self._make_folder()
            with TemporaryFile(dir=self._folder) as file:
                _write_through(file, bytes(_SIZE))
        except OSError:
            return False
        return True

    def sweep(self) -> None:
        """Remove what processes that were killed had half written. Never an error: it is only in the way."""
        with suppress(OSError):
            if any(self._names(_PART)):
                with self._locked("put"):  # whoever writes has it, so no part is being written now
                    for name in self._names(_PART):
                        (self._folder / name).unlink(missing_ok=True)

    def put(self, text: Spooled) -> Spooled:
        """Write a text to the disk, and back only when it is there.

        Gives back what waits under this provider's id: ``text``, or the one of an earlier delivery. Raises SpoolError.
        """
        try:
            with self._writing:
                self._make_folder()
                with self._locked("put"):
                    mark = sha256(text.incoming.provider_id.encode()).hexdigest()[:32]
                    for name in self._names(f"-{mark}{_TEXT}"):
                        with suppress(FileNotFoundError):  # played and gone since
                            return self._read(self._folder / name)
                    self._write(f"{int(text.at.timestamp() * 1e6):020d}-{mark}{_TEXT}", self._sealer.seal(_dumps(text)))
        except OSError as error:
            message = f"The spool {self._folder} cannot be written: {error.strerror}."
            raise SpoolError(message) from error
        return text

    def replay(self, play: Callable[[Spooled], object]) -> bool:
        """Play what waits, oldest first, and forget what was played. True when nothing waits any more.

        Ends early when ``play`` raises StoreError (the database is not back) or another process is playing. A text
        that cannot be opened, or that ``play`` cannot take for any other reason, is put aside for a person to look at,
        so that it never keeps the others waiting.
        """
        if not self.holds_texts():
            return True
        self.sweep()
        with self._locked("replay", wait=False) as mine:
            played = mine and all(self._play(self._folder / name, play) for name in sorted(self._names(_TEXT)))
            return played and not self.holds_texts()

    def _play(self, path: Path, play: Callable[[Spooled], object]) -> bool:
        try:
            text = self._read(path)
        except FileNotFoundError:
            return True
        except (WrongKey, ValueError, KeyError, TypeError) as error:
            return self._put_aside(path, error)
        try:
            play(text)
        except StoreError as error:
            _log.info("spool: the database does not take texts yet (%s)", type(error).__name__)
            return False
        except Exception as error:  # noqa: BLE001 - one text that cannot be played must not hold up the others
            return self._put_aside(path, error)
        path.unlink(missing_ok=True)
        return True

    def _put_aside(self, path: Path, error: Exception) -> bool:
        _log.error("spool: %s cannot be played (%s) and is put aside", path.name, type(error).__name__)
        path.rename(path.with_suffix(_UNREADABLE))
        return True

    def _make_folder(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def _names(self, ending: str) -> Iterator[str]:
        with suppress(OSError), os.scandir(self._folder) as entries:
            yield from (entry.name for entry in entries if entry.name.endswith(ending))

    def _read(self, path: Path) -> Spooled:
        return _loads(self._sealer.open(path.read_bytes()))

    def _write(self, name: str, sealed: bytes) -> None:
        part = self._folder / f"{name}{_PART}"
        try:
            with part.open("wb") as file:
                _write_through(file, sealed)
            part.rename(self._folder / name)
        except OSError:
            part.unlink(missing_ok=True)
            raise
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    @contextmanager
    def _locked(self, what: str, *, wait: bool = True) -> Iterator[bool]:
        file = os.open(self._folder / f".{what}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
                mine = True
            except BlockingIOError:
                mine = False
            yield mine
        finally:
            os.close(file)


def _write_through(file: IO[bytes], data: bytes) -> None:
    file.write(data)
    file.flush()
    os.fsync(file.fileno())


def _dumps(text: Spooled) -> str:
    return json.dumps({"incoming": asdict(text.incoming), "at": text.at.isoformat(), "answered": text.answered})


def _loads(written: str) -> Spooled:
    row = json.loads(written)
    incoming = Incoming(**{**row["incoming"], "via": Via(row["incoming"]["via"])})
    return Spooled(incoming, datetime.fromisoformat(row["at"]), row["answered"])
