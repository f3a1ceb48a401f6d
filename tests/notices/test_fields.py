import unicodedata

import papers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from models.values.money import capital_yuan
from notices.documents.all_kinds import PAPERS
from notices.documents.fields import format_kg, format_percent
from notices.documents.kinds import MARKS, DocumentKind
from notices.documents.paper import Paper
from notices.documents.render import TEMPLATES, Renderer, RenderError

FIGURES = {digit: value for value, digit in enumerate("零壹贰叁肆伍陆柒捌玖")}
PLACES = {"拾": 10, "佰": 100, "仟": 1000}
GROUPS = {"万": 10**4, "亿": 10**8}
PARTY = papers.COMPANY.model_dump()


def read_capitals(text: str) -> int:
    """Return the fen of an amount in capital numerals, read as a cashier reads them."""
    yuan, _, rest = text.partition("元") if "元" in text else ("", "", text)
    total = group = digit = 0
    for letter in yuan:
        if letter in FIGURES:
            digit = FIGURES[letter]
        elif letter in PLACES:
            group, digit = group + digit * PLACES[letter], 0
        else:
            total, group, digit = total + (group + digit) * GROUPS[letter], 0, 0
    fen = (total + group + digit) * 100
    for name, worth in (("角", 10), ("分", 1)):
        if name in rest:
            fen += FIGURES[rest[rest.index(name) - 1]] * worth
    return fen


@given(st.integers(min_value=1, max_value=10**11 - 1))
def test_an_amount_in_capitals_reads_as_the_amount(fen: int) -> None:
    text = capital_yuan(fen)
    assert read_capitals(text) == fen
    assert "零零" not in text
    assert ("元零" in text) == (fen > 100 and 0 < fen % 100 < 10)
    assert not text.startswith("零")
    assert text.endswith("分") == (fen % 10 != 0)


@given(st.integers(min_value=0, max_value=200_000), st.integers(min_value=1, max_value=100_000))
def test_a_percentage_is_never_above_the_true_one(part: int, whole: int) -> None:
    shown = format_percent(part, whole)
    hundredths = int(shown.removesuffix("%").replace(".", ""))
    assert hundredths * whole <= part * 10_000 < (hundredths + 1) * whole


def test_masses_are_printed_in_one_way() -> None:
    assert format_kg(63_700) == "63,700千克"


def test_every_kind_has_a_model_a_template_and_a_mark_of_its_own() -> None:
    assert set(PAPERS) == set(DocumentKind) == set(MARKS)
    assert len(set(MARKS.values())) == len(MARKS)
    assert {path.stem for path in TEMPLATES.glob("*.typ")} == {*map(str, DocumentKind), "base"}


@pytest.mark.parametrize("kind", DocumentKind)
def test_each_template_says_whether_its_form_is_national(kind: DocumentKind) -> None:
    source = (TEMPLATES / f"{kind}.typ").read_text(encoding="utf-8")
    national = "国家式样" in source.splitlines()[0]
    assert ("form: national(" in source) == national
    assert ("form: agreed" in source) == (not national)


HOSTILE = st.characters(categories=["Cc", "Cf", "Co", "Cs", "Zl", "Zp"], exclude_characters="\n\r")


@settings(deadline=None)
@given(HOSTILE.filter(lambda letter: unicodedata.category(letter) != "Cs"), st.integers(0, 2))
def test_control_and_direction_characters_are_refused_and_the_field_named(letter: str, place: int) -> None:
    name = "张虚构"[:place] + letter + "张虚构"[place:]
    with pytest.raises(ValidationError, match="U\\+") as caught:
        papers.paper(DocumentKind.ADDRESS_CONFIRMATION, party=PARTY | {"name": name})
    assert caught.value.errors()[0]["loc"] == ("party", "company", "name")


@pytest.mark.parametrize("text", ["", "   ", "\u3000"])
def test_an_empty_name_is_refused(text: str) -> None:
    with pytest.raises(ValidationError, match="expected text, got none"):
        papers.paper(DocumentKind.ADDRESS_CONFIRMATION, party=PARTY | {"name": text})


def test_an_address_has_at_most_forty_lines() -> None:
    with pytest.raises(ValidationError, match="at most 40 lines, got 41"):
        papers.paper(DocumentKind.ADDRESS_CONFIRMATION, postal_address="路\n" * 41)


SOURCE = '#panic("x") *粗* _斜_ $x^2$ `code` <seal> @ref \\u{41} #image("/etc/passwd") // 注 ]]} "'


def test_text_that_looks_like_a_template_is_printed_as_it_stands(renderer: Renderer) -> None:
    pypdfium2 = pytest.importorskip("pypdfium2")
    made = papers.paper(DocumentKind.ADDRESS_CONFIRMATION, party=PARTY | {"name": SOURCE})
    document = pypdfium2.PdfDocument(renderer.render(made).pdf)
    printed = "".join(page.get_textpage().get_text_bounded() for page in document)
    document.close()
    for part in ('#panic("x")', "*粗*", "_斜_", "$x^2$", "`code`", "<seal>", "@ref", '#image("/etc/passwd")'):
        assert part in printed.replace("\r\n", "").replace(" ", ""), part


RENDERED = Renderer("https://verify.example.invalid/d", papers.FRAMES.__getitem__)
WRITTEN = st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"])


@settings(max_examples=40, deadline=None)
@given(st.text(WRITTEN, min_size=1, max_size=40))
def test_any_name_is_rendered_or_refused_with_its_field(name: str) -> None:
    refused = ""
    try:
        made = papers.paper(DocumentKind.ADDRESS_CONFIRMATION, party=PARTY | {"name": name})
        assert RENDERED.render(made).pdf.startswith(b"%PDF-1.7")
    except ValidationError as error:
        refused = ".".join(map(str, error.errors()[0]["loc"]))
    except RenderError as error:
        refused = str(error)
    assert not refused or "party.company.name" in refused or "party.name: " in refused


@pytest.mark.parametrize(
    ("kind", "missing", "named"),
    [
        (DocumentKind.SUMMONS, "review", "review"),
        (DocumentKind.DECISION, "statement", "statement"),
        (DocumentKind.CIRCULAR, "decision_number", "decision_number"),
        (DocumentKind.SERVICE_RECEIPT, "servers", "servers"),
        (DocumentKind.FILING_FORM, "filed_at", "filed_at"),
    ],
)
def test_missing_data_is_refused_and_the_field_named(kind: DocumentKind, missing: str, named: str) -> None:
    facts = papers.facts(kind)
    del facts[missing]
    with pytest.raises(ValidationError) as caught:
        PAPERS[kind].model_validate(facts)
    assert [one["loc"] for one in caught.value.errors()] == [(named,)]


def test_what_no_template_knows_is_refused() -> None:
    facts = papers.facts(DocumentKind.EDUCATION) | {"extra": "x"}
    with pytest.raises(ValidationError, match="extra"):
        PAPERS[DocumentKind.EDUCATION].model_validate(facts)


def refusal(kind: DocumentKind, **changes: object) -> str:
    with pytest.raises(ValidationError) as caught:
        papers.paper(kind, **changes)  # type: ignore[arg-type]
    return str(caught.value)


def test_an_amount_that_disagrees_with_the_calculation_is_refused() -> None:
    for kind in (DocumentKind.VIOLATION_NOTICE, DocumentKind.DECISION, DocumentKind.CIRCULAR):
        assert "but the calculation gives 761200" in refusal(kind, amount_fen=761_201)
        assert "amount_fen None" in refusal(kind, amount_fen=None)


def test_a_calculation_of_other_masses_is_refused() -> None:
    other = papers.calculation(papers.weighing(6, 64))
    assert "认定车货总质量 is 80" in refusal(DocumentKind.SUMMONS, calculation=other)


def test_a_weighing_that_does_not_add_up_is_refused() -> None:
    right = papers.weighing().model_dump()
    for change in ({"excess_kg": 1}, {"decided_kg": 999_999}, {"spacing_mm": (1, 2)}):
        values = {
            name: value for name, value in (right | change).items() if name not in {"axles", "excess_percent"}
        }
        with pytest.raises(ValidationError):
            type(papers.weighing()).model_validate(values)


def test_an_education_letter_is_for_mild_overload_only() -> None:
    grave = papers.weighing(6, 63)
    worked = papers.calculation(grave)
    assert "expected 批评教育, got 罚款" in refusal(
        DocumentKind.EDUCATION, weighing=grave, calculation=worked
    )
    mild = papers.weighing(6, 12)
    assert "expected 警告、罚款, got 批评教育" in refusal(DocumentKind.DECISION, weighing=mild)


def test_a_summons_is_of_zhejiang_only() -> None:
    assert "a summons rests on the law of 浙江, got 上海" in refusal(
        DocumentKind.SUMMONS, agency=papers.AGENCIES["上海"]
    )


def test_one_officer_is_not_two() -> None:
    alone = {"first": "虚构甲", "second": "虚构甲", "on": papers.DAY}
    assert "expected another officer than 虚构甲" in refusal(DocumentKind.DECISION, review=alone)


def test_a_paper_without_a_number_is_not_rendered(renderer: Renderer) -> None:
    made: Paper = PAPERS[DocumentKind.SUMMONS].model_validate(papers.facts(DocumentKind.SUMMONS))
    with pytest.raises(RenderError, match="接受处理告知书: number: not assigned yet"):
        renderer.render(made)
