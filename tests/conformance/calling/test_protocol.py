"""The messages of Protocol 1 follow their schema, and PROTOCOL.md is right."""

import json
import re

import emd_conformance
import numpy as np
import pytest
from emd_conformance._calling import harness
from emd_conformance._calling.messages import exchange
from emd_conformance._declaration.declaration import CHOICES
from harness_commands import ROOT, example, node
from losses import free_gradient, scan

FEW = (1, 2, 3, 4, 5, 10)  # classes of the cases whose messages are validated; long arrays take long to validate


def schema():
    return json.loads((ROOT / "emd_conformance/schemas/protocol.json").read_text("utf-8"))


def validator(name):
    jsonschema = pytest.importorskip("jsonschema", reason="messages are validated with the package jsonschema")
    document = schema()
    jsonschema.Draft202012Validator.check_schema(document)
    return jsonschema.Draft202012Validator(document | {"anyOf": [{"$ref": f"#/$defs/{name}"}]})


def test_every_message_of_a_run_follows_the_schema(monkeypatch):
    messages, replies = [], []

    def spy(process, message, timeout):
        messages.append(json.loads(json.dumps(message)))
        replies.append(exchange(process, message, timeout))
        return replies[-1]

    monkeypatch.setattr(harness, "exchange", spy)
    assert emd_conformance.run(example("node"), classes=FEW).verdict == "conforms"
    emd_conformance.run(node("validating"), classes=FEW)
    emd_conformance.run(node("throws"), classes=(7,))
    assert {message["type"] for message in messages} == {"start", "echo", "run"}
    assert {"protocol", "values", "loss", "grad", "rejected", "error"} <= {key for reply in replies for key in reply}
    requests, answers = validator("request"), validator("reply")
    for message, reply in zip(messages, replies, strict=True):
        requests.validate(message)
        answers.validate(reply)


@pytest.mark.parametrize(
    "message",
    [
        {"protocol": 2, "name": "x", "version": "1"},
        {"protocol": 1, "name": "x", "version": "1", "capabilities": ["telepathy"]},
        {"protocol": 1, "name": "x", "version": "1", "declaration": {"mood": "good"}},
        {"loss": [None]},
        {"loss": ["NaN"]},
        {"loss": [0.5], "error": "both"},
        {},
    ],
)
def test_the_schema_refuses_what_the_suite_refuses(message):
    assert not validator("reply").is_valid(message)


def test_the_schema_names_what_may_be_declared():
    declarable = schema()["$defs"]["declaration"]["properties"]
    assert set(declarable) == set(harness.DECLARABLE)
    for name, values in declarable.items():
        if "enum" in values:
            assert tuple(values["enum"]) == CHOICES[name]


def test_the_messages_of_the_protocol_page_follow_the_schema():
    text = (ROOT / "PROTOCOL.md").read_text("utf-8")
    lines = [line for block in re.findall(r"```json\n(.+?)```", text, re.DOTALL) for line in block.splitlines()]
    assert len(lines) == 11
    requests, replies = validator("request"), validator("reply")
    for message in map(json.loads, lines):
        (requests if "type" in message else replies).validate(message)


def test_the_answers_of_the_protocol_page_are_right():
    text = (ROOT / "PROTOCOL.md").read_text("utf-8")
    (request,) = re.findall(r'^(\{"type": "run".+)$', text, re.MULTILINE)
    p, t = (np.array(json.loads(request)[name]) for name in ("predicted", "target"))
    assert json.loads(re.search(r'^\{"loss".+$', text, re.MULTILINE)[0])["loss"] == scan(p, t).tolist()
    assert json.loads(re.search(r'^\{"grad".+$', text, re.MULTILINE)[0])["grad"] == free_gradient(p, t).tolist()
