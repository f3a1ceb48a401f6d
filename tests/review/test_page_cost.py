"""How many questions a page asks: few, and no more for a case of several passages than for one."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from desk import Desk
from sqlalchemy import event

from review.office import Office

Desks = Callable[[str], Desk]


@contextmanager
def questions(office: Office) -> Iterator[list[str]]:
    asked: list[str] = []

    def note(*arguments: object) -> None:
        if str(arguments[2]).lstrip().upper().startswith("SELECT"):
            asked.append(str(arguments[2]))

    event.listen(office.database.engine, "before_cursor_execute", note)
    yield asked
    event.remove(office.database.engine, "before_cursor_execute", note)


def cost(office: Office, one: Desk, path: str) -> int:
    one.get(path)  # A first look is logged, later ones in the same hour are not.
    with questions(office) as asked:
        assert one.get(path).status_code == 200
    return len(asked)


def test_queue_and_case_page_ask_few_questions(desk: Desks, office: Office, numbers: list[str]) -> None:
    one = desk("reviewer")
    assert cost(office, one, "/me") == 1
    assert cost(office, one, "/queue") <= 4
    assert cost(office, one, "/search?q=test") <= 5
    of_two_passages, of_one = (cost(office, one, f"/cases/{number}") for number in numbers[:2])
    assert of_one <= 16
    # The case of one passage has no plate, so that nothing is asked about the same vehicle elsewhere.
    assert of_two_passages - of_one <= 2
