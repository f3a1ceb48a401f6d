"""Invented cases of both provinces as documents. No such person, company, vehicle or agency exists."""

import hashlib
import io
from datetime import UTC, date, datetime
from functools import cache
from zoneinfo import ZoneInfo

from PIL import Image, ImageDraw

from models.values.money import Consequence
from models.values.plates import PlateColour
from notices.documents.all_kinds import PAPERS
from notices.documents.kinds import DocumentKind
from notices.documents.paper import Paper
from notices.documents.parts import Act, Agency, Company, OtherAgency, Person, Photograph, Vehicle, Weighing
from pipeline.rules.consequences import Context, consequence
from pipeline.rules.rule_sets import rule_set_on, rule_sets

ZONE = ZoneInfo("Asia/Shanghai")
PASSED_AT = datetime(2026, 6, 18, 1, 32, 5, tzinfo=ZONE)
FILED_AT = datetime(2026, 6, 22, 9, 15, tzinfo=ZONE)
DAY = date(2026, 6, 25)
SEALED_AT = datetime(2026, 6, 25, 8, 0, tzinfo=UTC)
CODE = "0123456789ABCDEF"
AGENCIES = {
    "浙江": Agency(
        name="虚构市平湖交通运输局（测试）",
        mark="虚平交",
        province="浙江",
        address="虚构市当湖街道不存在路1号",
        phone="0000-00000001",
        contact="非现场执法中队（虚构）",
        handling_place="虚构市不存在路1号 一楼接受处理窗口\n虚构市平新治超检测站 二号窗口（工作日）",
        payment="虚构银行平湖支行，户名：虚构市财政局，账号：0000 0000 0000 0000；或者凭行政行为码在线缴纳。",
        review_body="虚构市人民政府",
        court="虚构市人民法院",
    ),
    "上海": Agency(
        name="虚构区金山交通委员会执法大队（测试）",
        mark="虚金交",
        province="上海",
        address="虚构区石化街道不存在路2号",
        phone="021-00000002",
        contact="案件审理科（虚构）",
        handling_place="虚构区不存在路2号 接待大厅",
        payment="虚构银行金山支行，账号：0000 0000 0000 0001",
        review_body="虚构区人民政府",
        court="虚构铁路运输法院",
    ),
}
COMPANY = Company(
    name="虚构物流有限公司",
    credit_code="91330000XXXXXXXX0X",
    legal_representative="张虚构",
    address="虚构市不存在路88号3幢",
    phone="13800000000",
)
PERSON = Person(name="李样例", identity_number="330000190001010000", address="虚构区无此路5弄6号", phone=None)
LONG_COMPANY = Company(
    name="虚构市平湖经济技术开发区金桥国际多式联运大宗建材仓储物流供应链管理服务股份有限公司新仓第二分公司",
    credit_code="91330000YYYYYYYY0Y",
    legal_representative="买买提·阿卜杜热西提·虚构·伊明江·样例",
    address="\n".join(
        f"虚构市不存在路{number}号{number}幢{number}单元（第{number}行地址）" for number in range(1, 11)
    ),
    phone="13800000001",
)
AXLES = {
    2: ((7_600, 16_900), (5_200,)),
    6: ((7_100, 9_800, 9_900, 12_300, 12_400, 12_200), (3_300, 1_350, 6_800, 1_310, 1_310)),
}
LIMITS = {2: 18_000, 6: 49_000}


def gross_kg(axles: int, excess_percent: int) -> int:
    """Return a gross mass that, 5 % deducted, lies about that far above the limit."""
    return LIMITS[axles] * (100 + excess_percent) // 95 + 37


def weighing(
    axles: int = 6, excess_percent: int = 30, *, province: str = "浙江", spacings: bool = True
) -> Weighing:
    """Return an invented passage."""
    loads, gaps = AXLES[axles]
    gross = gross_kg(axles, excess_percent)
    first = gross - sum(load * gross // sum(loads) for load in loads[1:])
    decided = gross * 95 // 100
    return Weighing(
        station=f"虚构检测点·{'平湖' if province == '浙江' else '金山'}",
        place="G000 虚构公路 K12+300",
        direction="平湖往金山",
        lane="车道1",
        certificate="检定证书虚构-0001，JJG 907-2006，准确度等级5，有效期至2026年12月31日",
        device="设置地点2026年1月1日向社会公布；2025年12月10日通过法制审核，2025年12月12日通过技术审核",
        passed_at=PASSED_AT,
        vehicle=Vehicle(plate="浙Z12345" if province == "浙江" else "沪Z54321", colour=PlateColour.YELLOW),
        axle_kg=(first, *(load * gross // sum(loads) for load in loads[1:])),
        spacing_mm=gaps if spacings else (),
        gross_kg=gross,
        tolerance="扣除5%检测误差",
        decided_kg=decided,
        limit_kg=LIMITS[axles],
        limit_rule="《超限运输车辆行驶公路管理规定》第三条",
        excess_kg=decided - LIMITS[axles],
    )


def calculation(one: Weighing, province: str = "浙江") -> Consequence:
    """Return what follows from it under the province's rules."""
    rules = rule_set_on(province, PASSED_AT.date(), rule_sets())
    assert rules is not None
    context = Context(limit_rule=one.limit_rule, measured_kg=one.gross_kg, tolerance=one.tolerance)
    return consequence(one.limit_kg, one.decided_kg, rules, context)


@cache
def frame(number: int) -> bytes:
    """Return an invented frame."""
    image = Image.new("RGB", (1600, 900), (40 + 30 * number, 70, 90))
    draw = ImageDraw.Draw(image)
    draw.rectangle((300, 250, 1300, 750), fill=(180, 150, 60 + 40 * number))
    draw.ellipse((400, 680, 540, 820), fill=(15, 15, 15))
    draw.ellipse((1000, 680, 1140, 820), fill=(15, 15, 15))
    target = io.BytesIO()
    image.save(target, "JPEG", quality=90)
    return target.getvalue()


FRAMES = {hashlib.sha256(frame(number)).hexdigest(): frame(number) for number in range(3)}


def photographs(count: int) -> tuple[Photograph, ...]:
    """Return the first `count` invented frames."""
    kinds = ("车头", "车侧", "车尾")
    return tuple(
        Photograph(sha256=sha256, shows=kinds[number], taken_at=PASSED_AT)
        for number, sha256 in enumerate(list(FRAMES)[:count])
    )


def facts(kind: DocumentKind, province: str = "浙江", **changes: object) -> dict[str, object]:
    """Return the contents of an invented document of that kind, as values."""
    band_percent = 12 if kind is DocumentKind.EDUCATION else 63
    one = changes.get("weighing") or weighing(6, band_percent, province=province)
    assert isinstance(one, Weighing)
    worked = calculation(one, province)
    fine = worked.amount_fen or None
    partner = OtherAgency(
        name=AGENCIES["上海" if province == "浙江" else "浙江"].name, address="虚构区不存在路2号"
    )
    served = ({"title": "行政处罚决定书", "number": "虚平交罚〔2026〕12号", "copies": 2},)
    values: dict[str, object] = {
        "agency": AGENCIES[province],
        "case_number": "test-1-20260618-013205-1",
        "party": COMPANY if province == "浙江" else PERSON,
        "review": {"first": "虚构甲", "second": "虚构乙", "on": date(2026, 6, 20)},
        "weighing": one,
        "calculation": worked,
        "amount_fen": fine,
        "evidence": ("车辆称重记录1份", "抓拍图片3张", "计量检定证书1份"),
        "hearing": False,
        "notice_number": "虚平交违通〔2026〕9号",
        "noticed_on": date(2026, 7, 2),
        "statement": "当事人在规定期限内未提出陈述、申辩。",
        "receipt": "20260703-00000000",
        "hearing_on": date(2026, 7, 20),
        "hearing_time": "9时30分",
        "hearing_place": "虚构市不存在路88号二楼听证室",
        "chair": "虚构丙（法制机构）",
        "discretion": "当事人无从轻、减轻或者从重情节。",
        "legal_review": "已通过（法制审核员：虚构甲）",
        "correction": "装载后核对车货总质量，不再超限行驶。",
        "until": date(2026, 7, 10),
        "served": served,
        "channel": "邮寄送达",
        "place": "虚构市不存在路88号3幢",
        "servers": ("虚构甲（执法证号 虚-001）", "虚构乙（执法证号 虚-002）"),
        "postal_address": "虚构市不存在路88号3幢",
        "recipient": "张虚构",
        "phone": "13800000000",
        "email": "zhang@example.invalid",
        "electronic": True,
        "source": "技术监控设备自动检测",
        "facts": "初审、复审均已确认。",
        "basis": "《中华人民共和国行政处罚法》第五十四条",
        "officers": ("虚构甲", "虚构乙"),
        "filed_at": FILED_AT,
        "closed_on": date(2026, 8, 20),
        "outcome": "给予罚款的行政处罚。",
        "decision_number": "虚平交罚〔2026〕12号",
        "execution": "罚款已于2026年8月1日缴清。",
        "photographs": photographs(3),
        "record_sha256": "ab" * 32,
        "doubts": ("轴距不足以判定车型布局，按同轴数最高限值计算",),
        "to": partner,
        "vehicle": {"vehicle_type": "重型半挂牵引车", "operator": "虚构物流有限公司"},
        "decided_on": date(2026, 7, 20),
        "reason": "当事人住所在你地，直接送达有困难。",
        "reply_to": "虚构市平湖交通运输局（测试）非现场执法中队",
        "act_found": "故意遮挡号牌",
        "seen_at": PASSED_AT,
        "description": "车尾号牌被布遮盖，后三位无法辨认。",
        "partner": partner,
        "partner_decision": "虚金交罚〔2026〕7号",
        "partner_decided_on": date(2026, 6, 24),
        "partner_filed_at": datetime(2026, 6, 19, 10, 0, tzinfo=ZONE),
        "same_act_reason": "同一车辆、同一车货，两次过车相隔40分钟，途中未卸载。",
    }
    if kind is DocumentKind.POLICE_TRANSFER:
        values["place"] = "G000 虚构公路 K12+300"
    return {name: value for name, value in (values | changes).items() if name in PAPERS[kind].model_fields}


def paper(kind: DocumentKind, province: str = "浙江", **changes: object) -> Paper:
    """Return an invented, numbered document."""
    made = PAPERS[kind].model_validate(facts(kind, province, **changes))
    number = f"{AGENCIES[province].mark}{kind.mark}〔2026〕12号"
    return made.numbered(Act(number=number, code=CODE, issued_on=DAY))
