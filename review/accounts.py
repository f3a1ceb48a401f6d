"""Accounts: passwords as argon2 hashes, a lock after wrong ones, and visits known by a random token."""

import hashlib
import secrets
from dataclasses import dataclass

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy import Connection, bindparam, delete, insert, select, update

from models import audit
from models.office_tables import Officer, SignIn
from models.values.office import Action, Actor, Role
from review.office import MINUTE_MS, Office
from review.refusals import BadInputError, TakenError

MOST_FAILURES = 5
LOCKED_MS = 15 * MINUTE_MS
SHORTEST_PASSWORD = 10
LOGIN_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789.-_")


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Who is signed in with this request."""

    officer_id: int
    login: str
    name: str
    badge: str
    role: Role
    shortcuts: bool
    language: str
    csrf: str
    token_sha256: str

    @property
    def actor(self) -> Actor:
        """Return the visitor as the one who acts."""
        return Actor(officer_id=self.officer_id, name=self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOfficer:
    """Somebody to be added."""

    login: str
    name: str
    badge: str
    role: Role
    password: str


def add_officer(
    connection: Connection, hasher: PasswordHasher, by: Actor, new: NewOfficer, at_ms: int
) -> int:
    """Add somebody who may sign in, and return the officer's id.

    Raises:
        BadInputError: login, name or password can't be used.
        TakenError: the login is in use.

    """
    login = new.login
    if not 2 <= len(login) <= 40 or not set(login) <= LOGIN_LETTERS:  # noqa: PLR2004
        raise BadInputError("登录名应为2至40个小写字母、数字或 . - _")
    if not new.name:
        raise BadInputError("姓名不能为空")
    check_password(new.password, login)
    if connection.scalar(select(Officer.id).where(Officer.login == login)) is not None:
        raise TakenError(f"登录名 {login} 已有人使用")
    row = {"login": login, "name": new.name, "badge": new.badge, "role": new.role.value}
    values = {**row, "password_hash": hasher.hash(new.password)}
    officer_id = connection.execute(insert(Officer).values(values).returning(Officer.id)).scalar_one()
    audit.append(connection, by, Action.USER_ADDED, login, at_ms=at_ms, detail=row)
    return int(officer_id)


def check_password(password: str, login: str) -> None:
    """Refuse a password that is too short, too long or the login itself."""
    if not SHORTEST_PASSWORD <= len(password) <= 200:  # noqa: PLR2004
        raise BadInputError(f"密码至少{SHORTEST_PASSWORD}个字符")
    if login in password.lower():
        raise BadInputError("密码不能包含登录名")


def sign_in(office: Office, login: str, password: str) -> str:
    """Return the token of a new visit.

    Raises:
        BadInputError: 401, always in the same words, so that nobody learns which logins exist.
        TakenError: 429, the account is locked for a while.

    """
    now = office.clock_ms()
    with office.read() as connection:
        officer = connection.execute(
            select(
                Officer.id, Officer.name, Officer.password_hash, Officer.active, Officer.locked_until
            ).where(Officer.login == login)
        ).one_or_none()
    if officer is not None and officer.locked_until > now:
        raise TakenError("密码多次输错，账户暂时锁定，请15分钟后再试或联系系统管理员", 429)
    with office.hashing:
        right = matches(office.hasher, officer.password_hash if officer else "", password)
    if officer is None or not officer.active or not right:
        _note_failure(office, login, officer.id if officer else None, now)
        raise BadInputError("登录名或密码不正确", 401)
    token = secrets.token_urlsafe(32)
    actor = Actor(officer_id=officer.id, name=officer.name)
    with office.write("console.signed_in") as connection:
        connection.execute(update(Officer).where(Officer.id == officer.id).values(failures=0, locked_until=0))
        connection.execute(delete(SignIn).where(SignIn.began_at < now - office.visit_ms))
        connection.execute(
            insert(SignIn).values(
                token_sha256=_digest(token),
                officer_id=officer.id,
                csrf=secrets.token_urlsafe(24),
                began_at=now,
                seen_at=now,
            )
        )
        audit.append(connection, actor, Action.SIGNED_IN, login, at_ms=now)
    return token


def matches(hasher: PasswordHasher, known: str, password: str) -> bool:
    """Verify a password, taking as long where there is no such login."""
    try:
        return hasher.verify(known or hasher.hash(""), password) and bool(known)
    except (VerifyMismatchError, InvalidHashError):
        return False


def _note_failure(office: Office, login: str, officer_id: int | None, now: int) -> None:
    with office.write("console.sign_in_refused") as connection:
        if officer_id is not None:
            failures = connection.execute(
                update(Officer)
                .where(Officer.id == officer_id)
                .values(failures=Officer.failures + 1)
                .returning(Officer.failures)
            ).scalar_one()
            if failures >= MOST_FAILURES:
                connection.execute(
                    update(Officer)
                    .where(Officer.id == officer_id)
                    .values(failures=0, locked_until=now + LOCKED_MS)
                )
            # Logins that nobody has are not kept: a password typed there by mistake would be.
            actor = Actor(officer_id=officer_id, name=login)
            audit.append(connection, actor, Action.SIGN_IN_REFUSED, login, at_ms=now)


def visitor_of(office: Office, token: str) -> Visitor | None:
    """Return who is signed in by that token, None where nobody is or the visit is over."""
    if not token:
        return None
    now = office.clock_ms()
    with office.read() as connection:
        row = connection.execute(_VISIT, {"token": _digest(token)}).one_or_none()
    if row is None or now - row.seen_at > office.idle_ms or now - row.began_at > office.visit_ms:
        return None
    if now - row.seen_at > MINUTE_MS:
        with office.database.write("console.seen") as connection:
            known = SignIn.token_sha256 == row.token_sha256
            connection.execute(update(SignIn).where(known).values(seen_at=now))
    return Visitor(
        officer_id=row.officer_id,
        login=row.login,
        name=row.name,
        badge=row.badge,
        role=Role(row.role),
        shortcuts=row.shortcuts,
        language=row.language,
        csrf=row.csrf,
        token_sha256=row.token_sha256,
    )


_OFFICER = (
    Officer.login,
    Officer.name,
    Officer.badge,
    Officer.role,
    Officer.shortcuts,
    Officer.language,
)
_VISIT = (
    select(*SignIn.__table__.columns, *_OFFICER)
    .join(Officer, Officer.id == SignIn.officer_id)
    .where(SignIn.token_sha256 == bindparam("token"), Officer.active)
)


def sign_out(office: Office, visitor: Visitor) -> None:
    """End a visit."""
    with office.write("console.signed_out") as connection:
        connection.execute(delete(SignIn).where(SignIn.token_sha256 == visitor.token_sha256))
        audit.append(connection, visitor.actor, Action.SIGNED_OUT, visitor.login, at_ms=office.clock_ms())


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
