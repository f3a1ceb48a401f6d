"""One memory of compiled statements for all engines of a process, which would each compile them again."""

from collections import defaultdict
from typing import Any

from sqlalchemy import Connection, Engine, event


class Compiled(dict[Any, Any]):
    """Compiled statements by all that their key has but its first part, the engine's own dialect object."""

    def get(self, key: tuple[Any, ...], default: object = None) -> object:
        return super().get(key[1:], default)

    def __setitem__(self, key: tuple[Any, ...], statement: object) -> None:
        super().__setitem__(key[1:], statement)


COMPILED: defaultdict[str, Compiled] = defaultdict(Compiled)


@event.listens_for(Engine, "engine_connect")
def remember(connection: Connection) -> None:
    connection.execution_options(compiled_cache=COMPILED[connection.dialect.name])
