import csv
import email
import email.policy
import io
import os
import ssl
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import httpx
import pytest
import trustme
from carriers import Gateway, Mailbox

from models.values.service import Outcome
from notices.service.carriers import CarrierAwayError, CarrierRefusedError, Contact, Parcel, Report
from notices.service.email import EmailCarrier, MailServer
from notices.service.post import MOST_BYTES, REFUSED, PostCarrier, StatusError
from notices.service.sms import SmsCarrier

DAY = date(2026, 7, 1)
WHO = Contact(
    name="虚构物流有限公司", address="虚构市不存在路88号", email="a@example.invalid", phone="13800000000"
)
PDF = b"%PDF-1.7 /ByteRange invented"


def parcel(contact: Contact = WHO, pdf: bytes = PDF) -> Parcel:
    return Parcel(
        reference="0123456789ABCDEF-1-aa",
        title="行政处罚决定书",
        number="虚罚〔2026〕1号",
        code="0123456789ABCDEF",
        sha256="a" * 64,
        pdf=pdf,
        agency="虚构市交通运输局",
        contact=contact,
        look_up_url="https://look.example.invalid",
    )


def test_only_a_sealed_document_becomes_a_parcel() -> None:
    with pytest.raises(ValueError, match="only a sealed document is served"):
        parcel(pdf=b"%PDF-1.7 nobody signed this")


def test_a_contact_shows_nothing_of_itself() -> None:
    assert "13800000000" not in repr(parcel())
    assert "不存在路" not in repr(parcel())


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


def mail(box: Mailbox, authority: trustme.CA | None, host: str = "localhost") -> EmailCarrier:
    context = ssl.create_default_context()
    if authority is not None:
        authority.configure_trust(context)
    server = MailServer(
        host=host, port=box.port, sender="notice@example.invalid", timeout_s=5, context=lambda: context
    )
    return EmailCarrier(server=server)


def with_tls(authority: trustme.CA, name: str = "localhost") -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


def test_a_mail_goes_under_tls_with_the_document_and_counts_once_no_bounce_came(
    authority: trustme.CA,
) -> None:
    with Mailbox(tls=with_tls(authority)) as box:
        carrier = mail(box, authority)
        sent = carrier.send(parcel(), DAY)
        # Sent again after a crash it is the same message.
        carrier.send(parcel(), DAY)
    assert (box.arrivals, len(box.messages)) == (2, 1)
    found = email.message_from_bytes(next(iter(box.messages.values())), policy=email.policy.default)
    assert found["To"] == WHO.email
    assert found["Subject"] == "行政处罚决定书 虚罚〔2026〕1号"
    attached = next(iter(found.iter_attachments()))
    assert attached.get_content() == PDF
    assert sent.tracking in box.messages
    assert carrier.follow("x", sent, DAY) is None
    told = carrier.follow("x", sent, DAY + timedelta(days=1))
    assert told is not None
    assert (told.outcome, told.on) == (Outcome.DELIVERED, DAY)


def test_a_server_without_tls_or_with_anothers_certificate_gets_nothing(authority: trustme.CA) -> None:
    with Mailbox() as box, pytest.raises(CarrierAwayError):
        mail(box, authority).send(parcel(), DAY)
    with Mailbox(tls=with_tls(authority, "elsewhere.invalid")) as other, pytest.raises(CarrierAwayError):
        mail(other, authority).send(parcel(), DAY)
    assert not box.messages
    assert not other.messages


@pytest.mark.parametrize(
    ("answer", "error"),
    [("550 no such user", CarrierRefusedError), ("451 try later", CarrierAwayError)],
)
def test_a_mail_refused_for_good_and_one_for_now_are_told_apart(
    authority: trustme.CA, answer: str, error: type[Exception]
) -> None:
    with Mailbox(answer, tls=with_tls(authority)) as box, pytest.raises(error) as told:
        mail(box, authority).send(parcel(), DAY)
    assert WHO.email not in str(told.value)


@pytest.mark.parametrize("answer", ["535 authentication failed", "550 sender not allowed"])
def test_what_is_wrong_between_us_and_the_server_is_no_failed_service(
    authority: trustme.CA, answer: str
) -> None:
    with Mailbox(tls=with_tls(authority), MAIL=answer) as box, pytest.raises(CarrierAwayError):
        mail(box, authority).send(parcel(), DAY)


def test_a_password_that_does_not_hold_is_no_failed_service(authority: trustme.CA) -> None:
    with Mailbox(tls=with_tls(authority)) as box:
        carrier = mail(box, authority)
        server = replace(carrier.server, user="notice", password="wrong")  # noqa: S106 (made up)
        with pytest.raises(CarrierAwayError):
            EmailCarrier(server=server).send(parcel(), DAY)


@pytest.mark.parametrize("farewell", ["421 too busy to part", "554 go away"])
def test_a_message_that_was_taken_is_sent_whatever_the_farewell(authority: trustme.CA, farewell: str) -> None:
    with Mailbox(tls=with_tls(authority), QUIT=farewell) as box:
        assert mail(box, authority).send(parcel(), DAY).outcome is Outcome.SENT
    assert box.arrivals == 1


def test_an_address_that_mail_cannot_carry_is_refused_for_good(authority: trustme.CA) -> None:
    nowhere = Contact(name="虚构", email="虚构@example.invalid")
    with Mailbox(tls=with_tls(authority)) as box, pytest.raises(CarrierRefusedError) as told:
        mail(box, authority).send(parcel(nowhere), DAY)
    assert nowhere.email not in str(told.value)


@pytest.mark.parametrize("name", ["虚构\r\nBcc: evil@example.invalid", "虚构\nX: 1"])
def test_no_header_comes_in_with_a_name(authority: trustme.CA, name: str) -> None:
    hostile = Contact(name=name, email="a@example.invalid")
    with Mailbox(tls=with_tls(authority)) as box:
        mail(box, authority).send(parcel(hostile), DAY)
    found = email.message_from_bytes(next(iter(box.messages.values())), policy=email.policy.default)
    assert found["Bcc"] is None
    assert found["X"] is None


def test_nobody_listens_and_the_mail_waits() -> None:
    server = MailServer(host="127.0.0.1", port=9, sender="a@example.invalid", timeout_s=1)
    with pytest.raises(CarrierAwayError):
        EmailCarrier(server=server).send(parcel(), DAY)


def test_the_gateway_gets_code_and_address_and_is_believed_only_for_days_that_can_be() -> None:
    with Gateway() as gateway:
        carrier = SmsCarrier(url=gateway.url, client=gateway.client, token="secret-1")  # noqa: S106 (made up)
        sent = carrier.send(parcel(), DAY)
        message = gateway.messages[parcel().reference]
        assert message["to"] == WHO.phone
        assert "0123456789ABCDEF" in message["text"]
        assert gateway.tokens == {"Bearer secret-1"}
        assert "secret-1" not in repr(carrier)
        assert carrier.follow(parcel().reference, sent, DAY) is None
        for on in ("2026-06-30", "2026-07-09"):
            gateway.states[parcel().reference] = {"state": "delivered", "on": on}
            assert carrier.follow(parcel().reference, sent, DAY + timedelta(days=2)) is None
        gateway.states[parcel().reference] = {"state": "delivered", "on": "2026-07-02"}
        told = carrier.follow(parcel().reference, sent, DAY + timedelta(days=2))
        assert told is not None
        assert (told.outcome, told.on) == (Outcome.DELIVERED, date(2026, 7, 2))
        assert b"delivered" in told.proof
        gateway.states[parcel().reference] = {"state": "failed", "reason": "空号"}
        told = carrier.follow(parcel().reference, sent, DAY)
        assert told is not None
        assert (told.outcome, told.reason) == (Outcome.FAILED, "空号")


def test_a_gateway_that_refuses_is_busy_or_talks_nonsense() -> None:
    with Gateway() as gateway:
        carrier = SmsCarrier(url=gateway.url, client=gateway.client)
        for status, error in ((422, CarrierRefusedError), (503, CarrierAwayError), (302, CarrierAwayError)):
            gateway.status = status
            with pytest.raises(error):
                carrier.send(parcel(), DAY)
        for raw in (b"<html>", b"[]", b'{"state": "eaten"}', b'{"state": "queued", "x": 1}', b"0" * 70_000):
            gateway.raw = raw
            with pytest.raises(CarrierAwayError):
                carrier.follow("x", Report(outcome=Outcome.SENT, on=DAY), DAY)
    with httpx.Client(trust_env=False) as client, pytest.raises(CarrierAwayError):
        SmsCarrier(url=gateway.url, client=client).send(parcel(), DAY)


@pytest.fixture
def post(tmp_path: Path) -> PostCarrier:
    (tmp_path / "back").mkdir()
    return PostCarrier(out=tmp_path / "out", back=tmp_path / "back")


def status(post: PostCarrier, state: str, on: str = "2026-07-04", *, proof: bytes = b"picture") -> None:
    path = post.back / f"{parcel().reference}.csv"
    path.write_text(f"tracking,state,on,reason\r\nXA1,{state},{on},\r\n", encoding="utf-8")
    if proof:
        path.with_suffix(".proof").write_bytes(proof)


def test_a_letter_is_on_disk_before_it_counts_as_sent(
    post: PostCarrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced = list[str]()
    monkeypatch.setattr(
        os, "fsync", lambda handle: synced.append(str(Path(f"/proc/self/fd/{handle}").readlink()))
    )
    for _ in range(2):
        post.send(parcel(), DAY)
    half = str(post.out / f".{parcel().reference}")
    assert {*synced[:2]} == {f"{half}/letter.pdf", f"{half}/letter.csv"}
    assert synced[2:] == [half, str(post.out), str(post.out)]


def test_a_letter_is_laid_out_once_and_its_receipt_read(post: PostCarrier) -> None:
    hostile = Contact(name='=HYPERLINK("http://evil.invalid")', address="虚构市\n不存在路1号")
    sent = post.send(parcel(hostile), DAY)
    post.send(parcel(hostile), DAY)
    folder = post.out / parcel().reference
    assert [one.name for one in post.out.iterdir()] == [folder.name]
    assert (folder / "letter.pdf").read_bytes() == PDF
    (row,) = csv.DictReader(io.StringIO((folder / "letter.csv").read_text(encoding="utf-8-sig")))
    assert row["recipient"].startswith("'=")
    assert post.follow(parcel().reference, sent, date(2026, 7, 5)) is None
    status(post, "accepted")
    assert post.follow(parcel().reference, sent, date(2026, 7, 5)) is None
    status(post, "delivered")
    told = post.follow(parcel().reference, sent, date(2026, 7, 5))
    assert told is not None
    assert (told.outcome, told.on, told.tracking, told.proof) == (
        Outcome.DELIVERED,
        date(2026, 7, 4),
        "XA1",
        b"picture",
    )
    for state, reason in (("returned", "退回"), ("refused", REFUSED)):
        status(post, state)
        told = post.follow(parcel().reference, sent, date(2026, 7, 5))
        assert told is not None
        assert (told.outcome, told.reason) == (Outcome.FAILED, reason)


@pytest.mark.parametrize(
    ("state", "on", "proof", "complaint"),
    [
        ("eaten", "2026-07-04", b"x", "state: expected accepted"),
        ("delivered", "4 July", b"x", "on: expected a day"),
        ("delivered", "2026-06-30", b"x", "not between the sending"),
        ("delivered", "2026-07-09", b"x", "not between the sending"),
        ("delivered", "2026-07-04", b"", "needs the picture of its receipt"),
        ("delivered,x", "2026-07-04", b"x", "expected one row of"),
    ],
)
def test_a_status_that_cannot_be_is_named_and_changes_nothing(
    post: PostCarrier, state: str, on: str, proof: bytes, complaint: str
) -> None:
    sent = post.send(parcel(), DAY)
    status(post, state, on, proof=proof)
    with pytest.raises(StatusError, match=complaint):
        post.follow(parcel().reference, sent, date(2026, 7, 5))


def test_a_status_file_that_is_no_text_is_named(post: PostCarrier) -> None:
    sent = post.send(parcel(), DAY)
    (post.back / f"{parcel().reference}.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(StatusError, match="back"):
        post.follow(parcel().reference, sent, DAY)


def _is_link(path: Path, elsewhere: Path) -> None:
    path.symlink_to(elsewhere)


def _is_pipe(path: Path, _: Path) -> None:
    os.mkfifo(path)


def _is_large(path: Path, _: Path) -> None:
    with path.open("wb") as target:
        target.truncate(MOST_BYTES + 1)


@pytest.mark.parametrize("suffix", [".csv", ".proof"])
@pytest.mark.parametrize("lay", [_is_link, _is_pipe, _is_large])
def test_what_the_post_laid_there_is_a_plain_file_of_a_size_or_is_refused(
    post: PostCarrier, tmp_path: Path, suffix: str, lay: Callable[[Path, Path], None]
) -> None:
    sent = post.send(parcel(), DAY)
    status(post, "delivered")
    path = post.back / f"{parcel().reference}{suffix}"
    elsewhere = path.rename(tmp_path / "elsewhere")
    lay(path, elsewhere)
    with pytest.raises(StatusError, match=path.name):
        post.follow(parcel().reference, sent, date(2026, 7, 5))
