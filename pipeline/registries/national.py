"""Any province by national exchange: a fixed key, several plates at a time, slow and partial answers.

Its interface is described in docs/registries/national.openapi.json.
"""

from collections.abc import Sequence
from typing import Any

import httpx

from models.clock import clock_ms
from models.values.lookups import WaitReason
from pipeline.registries.answers import only_one
from pipeline.registries.contract import PermitAnswer, Query, VehicleAnswer
from pipeline.registries.errors import PlateFailedError
from pipeline.registries.line import Line
from pipeline.registries.mapping import load_mapping, to_permit, to_vehicle
from pipeline.registries.settings import RegistrySettings

EXCHANGE = "/exchange/queries"


class National:
    """Speaks to the national exchange."""

    def __init__(self, settings: RegistrySettings, line: Line) -> None:
        """Ask over `line`."""
        self.name, self.batch = settings.name, settings.batch
        self._settings, self._line = settings, line
        self._mapping = load_mapping("national")

    async def vehicles(self, queries: Sequence[Query]) -> list[VehicleAnswer]:
        """Return the vehicle of each plate; see `VehicleRegistry`."""
        at_ms = clock_ms()
        answers: list[VehicleAnswer] = []
        for query, records in zip(queries, await self._ask("vehicle", queries), strict=True):
            try:
                answers.append(
                    only_one(
                        [
                            to_vehicle(self._mapping, one, query.plate, source=self.name, at_ms=at_ms)
                            for one in records
                        ]
                    )
                )
            except PlateFailedError as error:
                answers.append(error)
        return answers

    async def permits(self, queries: Sequence[Query]) -> list[PermitAnswer]:
        """Return the permits of each plate; see `VehicleRegistry`."""
        answers: list[PermitAnswer] = []
        for query, records in zip(queries, await self._ask("permit", queries), strict=True):
            try:
                answers.append(tuple(to_permit(self._mapping, one, query.plate) for one in records))
            except PlateFailedError as error:
                answers.append(error)
        return answers

    async def _ask(self, subject: str, queries: Sequence[Query]) -> list[list[Any]]:
        """Return the records of each query, in order: the exchange answers by place, not by number."""
        content = {
            "subject": subject,
            "queries": [
                {
                    "number": query.plate.text,
                    "kind": self._mapping.code_of(query.plate.colour),
                    "day": str(query.day),
                    "case": query.case_number,
                    "purpose": query.purpose.value,
                }
                for query in queries
            ],
        }

        async def make() -> httpx.Request:
            headers = {"X-Api-Key": self._settings.secret, "X-Client": self._settings.client_id}
            return self._line.client.build_request("POST", EXCHANGE, json=content, headers=headers)

        records = (await self._line.ask(make)).get("records")
        if not isinstance(records, list) or not all(isinstance(one, list) for one in records):
            raise PlateFailedError(WaitReason.WRONG_SHAPE, "without records")
        if len(records) != len(queries):
            raise PlateFailedError(WaitReason.CUT_SHORT, f"{len(records)} answers to {len(queries)} queries")
        return records
