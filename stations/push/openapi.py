"""What the OpenAPI document says of each address beyond what the code's types say."""

from typing import Any

from pydantic import TypeAdapter

from stations.formats.station_upload import Upload
from stations.push.contract import Heartbeat
from stations.push.refusals import Problem, Reason

_TOKEN = [
    {
        "name": "Authorization",
        "in": "header",
        "required": True,
        "schema": {"type": "string"},
        "description": "Bearer <token>",
    }
]


def _refusals(*reasons: Reason) -> dict[int | str, dict[str, Any]]:
    schema = TypeAdapter(Problem).json_schema()
    found: dict[int | str, dict[str, Any]] = {}
    for reason in reasons:
        said = found.setdefault(
            reason.status, {"description": "", "content": {"application/problem+json": {"schema": schema}}}
        )
        said["description"] = f"{said['description']} {reason}: {reason.label}".strip()
        if reason.passes and reason.status != Reason.TOO_SLOW.status:
            said["headers"] = {"Retry-After": {"schema": {"type": "integer"}, "description": "seconds"}}
    return found


_WHO = (Reason.NO_CREDENTIAL, Reason.UNKNOWN_CREDENTIAL, Reason.REVOKED_CREDENTIAL, Reason.NO_SUCH_STATION)
_BODY = (Reason.MALFORMED, Reason.WRONG_TYPE, Reason.TOO_LARGE, Reason.TOO_SLOW)
_PACE = (Reason.TOO_MANY, Reason.QUARANTINE_FULL, Reason.BUSY, Reason.NOT_NOW)
_RECORD = Upload.model_json_schema()

RECORDS: dict[str, Any] = {
    "summary": "过车记录 records, in the station's format",
    "responses": _refusals(*_WHO, *_BODY, *_PACE),
    "openapi_extra": {
        "parameters": _TOKEN,
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {"oneOf": [_RECORD, {"type": "array", "items": _RECORD, "minItems": 1}]}
                },
                "text/csv": {"schema": {"type": "string"}},
                "text/plain": {"schema": {"type": "string"}},
            },
        },
    },
}
FRAMES: dict[str, Any] = {
    "summary": "抓拍图片 frames, each a part called frame with its file name",
    "responses": _refusals(*_WHO, *_BODY, *_PACE),
    "openapi_extra": {
        "parameters": _TOKEN,
        "requestBody": {
            "required": True,
            "content": {
                "multipart/form-data": {
                    "schema": {
                        "type": "object",
                        "required": ["frame"],
                        "properties": {
                            "frame": {"type": "array", "items": {"type": "string", "format": "binary"}}
                        },
                    }
                }
            },
        },
    },
}
HEARTBEAT: dict[str, Any] = {
    "summary": "心跳 a sign of life",
    "responses": _refusals(*_WHO, *_BODY, Reason.NOT_NOW),
    "openapi_extra": {
        "parameters": _TOKEN,
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": Heartbeat.model_json_schema(by_alias=True)}},
        },
    },
}
