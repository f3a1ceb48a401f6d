"""The JSON Schema of everything that can be said, made from the code that reads it."""

from typing import Any

from notices.exchange.envelope import Envelope
from notices.exchange.kinds import BODIES, VERSION, Kind

PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
    },
}
_PROBLEM = {"content": {"application/problem+json": {"schema": PROBLEM_SCHEMA}}}
RECEIPT_RESPONSE: dict[int | str, dict[str, Any]] = {
    200: {"description": "签名回执 the signed receipt, the same bytes whenever the message comes again"},
    401: {"description": "未签名 unsigned", **_PROBLEM},
    409: {"description": "自相矛盾 contradicts what was said before; kept as proof", **_PROBLEM},
    413: {"description": "过大 too large", **_PROBLEM},
    422: {"description": "格式不符 not a message that can be taken", **_PROBLEM},
    503: {"description": "暂停 not now", **_PROBLEM},
}


def message_schema() -> dict[str, Any]:
    """Return the schema of a message: the envelope, with the body of each kind."""
    return {"oneOf": [_of_kind(kind) for kind in Kind]}


def _of_kind(kind: Kind) -> dict[str, Any]:
    schema = Envelope.model_json_schema()
    schema.pop("$defs", None)
    body = BODIES[kind].model_json_schema()
    definitions = body.pop("$defs", {})
    schema["title"] = f"{kind.value} {kind.label}"
    schema["properties"] |= {
        "version": {"const": VERSION},
        "kind": {"const": kind.value},
        "body": _inlined(body, definitions),
    }
    return schema


def _inlined(node: Any, definitions: dict[str, Any]) -> Any:  # noqa: ANN401 (any JSON)
    if isinstance(node, dict):
        if "$ref" in node:
            return definitions[node["$ref"].rpartition("/")[2]]
        return {name: _inlined(value, definitions) for name, value in node.items()}
    return [_inlined(value, definitions) for value in node] if isinstance(node, list) else node
