"""Wires the service desk together from settings."""

from functools import partial

import httpx

from models.clock import clock_ms
from models.database import Database
from models.files import FileStore
from models.values.service import Channel
from models.vault import Vault
from notices.casework.service import ServiceByPartner
from notices.service.carriers import Carrier
from notices.service.desk import ServiceDesk
from notices.service.email import EmailCarrier, MailServer
from notices.service.partner import PartnerService
from notices.service.post import PostCarrier
from notices.service.sms import SmsCarrier
from zhichao import exchange_wiring
from zhichao.office import document_store
from zhichao.settings import ConfigError, Settings
from zhichao.trusted import problem_here

TIMEOUT_S = 20


def proof_store(settings: Settings) -> FileStore:
    """Return what proves each delivery."""
    return FileStore(settings.data_dir / "proofs")


def desk(settings: Settings, database: Database) -> ServiceDesk:
    """Return the service desk of an installation; a declared partner serves for us where it is asked."""
    return ServiceDesk(
        database=database,
        documents=document_store(settings),
        proofs=proof_store(settings),
        vault=Vault.load(settings.registry_keys),
        clock_ms=clock_ms,
        problem_of=partial(problem_here, settings),
        carriers=carriers(settings),
        partner=partner_service(settings, database),
        look_up_url=settings.look_up_url,
        announced_days=settings.service.announced_days,
        abroad=settings.service.abroad,
    )


def partner_service(settings: Settings, database: Database) -> PartnerService | None:
    """Return what asks the partner to serve for us, None where no partner is declared."""
    if not settings.partners:
        return None
    return ServiceByPartner(
        exchange=exchange_wiring.exchange(settings, database),
        document=document_store(settings).read,
    )


def carriers(settings: Settings) -> dict[Channel, Carrier]:
    """Return the channels that the settings declare."""
    given, found = settings.service, list[Carrier]()
    if given.mail_host:
        server = MailServer(
            host=given.mail_host,
            port=given.mail_port,
            sender=given.mail_sender,
            security=given.mail_security,
            user=given.mail_user,
            password=_secret(settings, given.mail_password_file),
            timeout_s=TIMEOUT_S,
        )
        found.append(EmailCarrier(server=server, quiet_days=given.mail_quiet_days))
    if given.sms_url:
        client = httpx.Client(timeout=TIMEOUT_S, trust_env=False, follow_redirects=False)
        token = _secret(settings, given.sms_token_file)
        found.append(SmsCarrier(url=given.sms_url.rstrip("/"), client=client, token=token))
    if given.post:
        folder = settings.data_dir / "post"
        found.append(PostCarrier(out=folder / "out", back=folder / "back"))
    return {one.channel: one for one in found}


def _secret(settings: Settings, name: str) -> str:
    if not name:
        return ""
    try:
        return (settings.data_dir / name).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ConfigError(f"service: {error}") from error
