"""Where a CRM lies: what a location means, whether it is there, and the fingerprint of what it holds.

In: 'sample', a folder, a DuckDB file or a URL.   Out: a path or a URL; a content hash.
"""

import hashlib
import shutil
import tempfile
from pathlib import Path

from workbench import outputs
from workbench.crm import sample
from workbench.crm.sample.files import manifest
from workbench.errors import InputError


def resolve(location: str | Path) -> Path | str:
    """Return the path or URL that a location means; the sample is generated where it is not there yet.

    A relative path lies below the working folder or, where it is not there, below the project's root.
    """
    if _is_url(location):
        return str(location)
    if str(location) == "sample":
        return _sample()
    path = Path(location).expanduser()
    if not path.is_absolute() and not path.exists():
        path = outputs.project_root() / path
    if not path.exists():
        raise InputError(
            f"{location}: not there; a CRM is 'sample', a folder of Parquet or CSV files, a DuckDB file or a URL"
        )
    return path


def availability(location: str) -> str:
    """Say in a word or two whether the data of a market is there: 'yes', 'no', 'at first use' or 'not tried'."""
    if _is_url(location):
        return "not tried"
    try:
        fresh = location != "sample" or _is_fresh(_sample_folder())
        return "yes" if fresh and resolve(location) else "at first use"
    except InputError:
        return "no"


def fingerprint(location: str | Path) -> str | None:
    """Return a hash of names and content of the files at a location; None for a database behind a URL.

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "orders.csv").write_text("order_id")
    >>> fingerprint(folder)[:12]
    '9d6959cfefeb'
    >>> fingerprint("postgres://host/crm") is None
    True
    """
    place = resolve(location)
    if isinstance(place, str):
        return None
    root = place if place.is_dir() else place.parent
    files = sorted(path for path in root.rglob("*") if path.is_file()) if place.is_dir() else [place]
    digest = hashlib.sha256()
    for path in files:
        with path.open("rb") as file:
            digest.update(f"{path.relative_to(root)} {hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode())
    return digest.hexdigest()


def _is_url(location: str | Path) -> bool:
    return "://" in str(location)


def _sample_folder() -> Path:
    return outputs.project_root() / "data" / "sample"


def _sample() -> Path:
    """Return the sample's folder; where it is missing or from an older generator, write it beside and move it there.

    Two processes may do this at once: the first to move wins, the other takes what it finds.
    """
    folder = _sample_folder()
    if _is_fresh(folder):
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=".sample.", dir=folder.parent))
    try:
        sample.write(beside / "new", customers=2000, seed=0)
        if not _is_fresh(folder):
            _move(folder, beside / "old")
            _move(beside / "new", folder)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return folder


def _move(folder: Path, target: Path) -> None:
    try:
        folder.rename(target)
    except OSError:
        if folder.exists() and not _is_fresh(target):
            raise


def _is_fresh(folder: Path) -> bool:
    return (manifest(folder) or {}).get("version") == sample.VERSION
