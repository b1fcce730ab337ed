"""Notes that the tests of one loss leave for each other, across the processes of pytest-xdist too."""

import atexit
import os
import shutil
import tempfile
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

RUN = "PYTEST_XDIST_TESTRUNUID"  # pytest-xdist gives all processes of one run the same number


class Notes:
    """A set of short words; a run in several processes keeps it as empty files in a folder for temporary files."""

    def __init__(self, subject: str) -> None:
        run = os.environ.get(RUN)
        self._words: set[str] = set()
        self._folder = _joined(f"{run} {subject}") if run else None

    def add(self, word: str) -> bool:
        """Add a word, and tell whether it is new: if several processes add it at once, it is new for one of them."""
        if self._folder is None:
            new = word not in self._words
            self._words.add(word)
            return new
        try:
            (self._folder / word).touch(exist_ok=False)
        except FileExistsError:
            return False
        return True

    def __contains__(self, word: str) -> bool:
        return word in self._words if self._folder is None else (self._folder / word).exists()


def _joined(subject: str) -> Path:
    """Return the folder of a subject, which the last process of the run removes when it ends."""
    digest = sha256(subject.encode("utf-8", errors="backslashreplace")).hexdigest()[:32]
    folder = Path(tempfile.gettempdir(), f"emd-conformance-{digest}")
    folder.mkdir(mode=0o700, exist_ok=True)
    presence = folder / f"process-{os.getpid()}"
    presence.touch()
    atexit.register(_leave, folder, presence)
    return folder


def _leave(folder: Path, presence: Path) -> None:
    with suppress(OSError):
        presence.unlink()
        if not any(folder.glob("process-*")):
            shutil.rmtree(folder)
