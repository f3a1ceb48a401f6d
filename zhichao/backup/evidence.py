"""Files by digest, copied once and never changed: what a backup holds already is not copied again."""

from collections.abc import Iterator

from models.errors import NotDoneError
from models.files import FileStore
from pipeline.verify import digest_of

DIGEST_CHARACTERS = 64


def digests(store: FileStore) -> Iterator[str]:
    """Yield the digest of every file of a store."""
    if store.root.is_dir():
        for path in sorted(store.root.glob("??/??/*")):
            if len(path.name) == DIGEST_CHARACTERS:
                yield path.name


def copy(source: FileStore, target: FileStore) -> tuple[int, list[str]]:
    """Copy what the target lacks; return how many files, and which are not what their name says.

    Raises:
        NotDoneError: there is no room for it; what was copied stays.

    """
    copied, broken = 0, []
    for sha256 in digests(source):
        if target.path(sha256).exists():
            continue
        if digest_of(source.path(sha256)) != sha256:
            # Looked at before it is put: what it became may be another's, and that one is kept.
            broken.append(sha256)
            continue
        with source.path(sha256).open("rb") as original:
            try:
                target.put(original)
            except OSError as error:
                raise NotDoneError(f"{target.root}: {error.strerror}; the backup is not made") from error
        copied += 1
    return copied, broken
