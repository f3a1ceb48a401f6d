"""What is trusted here: each agency's roots, its issuer's lists of revoked certificates, its SM2 keys."""

from collections.abc import Callable, Iterable
from itertools import chain
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from cryptography import x509
from sqlalchemy import Row

from notices.documents.verify import problem_of
from notices.seal.authority import ROOTS_FILE
from notices.seal.error import SealError
from notices.seal.revoked import Unread, key_of, list_files, load_list
from notices.seal.sm2 import SM2_PUBLIC_FILE, Sm2Known, public_keys
from notices.seal.verify import Anchors
from zhichao.office import STAMP_ROOTS_FILE, agency_of, certificates, document_store
from zhichao.settings import ConfigError, Settings

P = ParamSpec("P")
T = TypeVar("T")


def anchors(settings: Settings, roots: Path | None = None) -> Anchors:
    """Return the roots that are trusted: those of a file, or of every seal here.

    What can't be read beside one agency's seal stops that agency, and whom the same issuer certified.

    Raises:
        SealError: the file holds no roots.

    """
    unread: list[Unread] = []

    def kept(
        issuers: Iterable[x509.Certificate], read: Callable[P, Iterable[T]], *given: P.args, **named: P.kwargs
    ) -> Iterable[T]:
        try:
            return read(*given, **named)
        except (ConfigError, SealError, OSError) as error:
            unread.append(Unread(problem=str(error), issuers=frozenset(map(key_of, issuers))))
            return ()

    folders = sorted(settings.seals.glob("*/"))
    own = {folder: tuple(kept((), certificates, folder / ROOTS_FILE, missing=True)) for folder in folders}
    seals = certificates(roots) if roots else tuple(chain(*own.values()))
    stamps, sm2, revoked = list[x509.Certificate](), list[Sm2Known](), list[x509.CertificateRevocationList]()
    for folder in folders:
        stamps += kept((), certificates, folder / STAMP_ROOTS_FILE, missing=True)
        sm2 += kept((), _sm2_of, settings, folder)
        # Where no root says whose lists lie there, they may be anybody's.
        issuers = own[folder] or seals
        for path in kept(issuers, list_files, folder):
            revoked += kept(issuers, _list, path, seals)
    return Anchors(
        seals=seals, stamps=tuple(stamps), sm2=tuple(sm2), revoked=tuple(revoked), unread=tuple(unread)
    )


def problem_here(settings: Settings, row: Row[Any]) -> str:
    """Return what is wrong with a document of the register, by what is trusted now; "" where nothing is."""
    trusted = anchors(settings)
    problem = problem_of(row, document_store(settings), trusted)
    return "；".join((problem, *(one.problem for one in trusted.unread))) if problem else ""


def _list(path: Path, roots: tuple[x509.Certificate, ...]) -> tuple[x509.CertificateRevocationList]:
    return (load_list(path, roots),)


def _sm2_of(settings: Settings, folder: Path) -> tuple[Sm2Known, ...]:
    if not (folder / SM2_PUBLIC_FILE).exists():
        return ()
    agency = agency_of(settings, folder.name)
    return (Sm2Known(agency=agency.name, mark=agency.mark, public=public_keys(folder)),)
