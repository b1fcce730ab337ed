"""Protocol 1 of emd_conformance, for a loss in Python: copy this file and call serve."""

import json
import math
import os
import sys


def serve(name, version, loss, grad=None, capabilities=(), declaration=None):
    """Answer requests until the input ends.

    `loss` and `grad` take a request and return lists, or raise ValueError to reject it.
    """
    replies, sys.stdout = os.fdopen(os.dup(1), "w"), sys.stderr  # what the loss prints must not mix with the replies
    capabilities = [*capabilities, *(["gradient"] if grad else [])]
    hello = {"protocol": 1, "name": name, "version": version}
    hello |= {"capabilities": capabilities, "declaration": declaration or {}}
    for line in sys.stdin:
        request = _numbers(json.loads(line))
        if request["type"] == "start":
            reply = hello
        elif request["type"] == "echo":
            reply = {"values": request["values"]}
        elif request["type"] == "run":
            reply = _run({"loss": loss, "grad": grad}[request["want"]], request)
        else:
            return
        replies.write(json.dumps(_words(reply)) + "\n")
        replies.flush()


def _run(function, request):
    try:
        return {request["want"]: function(request)}
    except ValueError as error:
        return {"rejected": str(error)}
    except Exception as error:
        return {"error": repr(error)}


def _numbers(value):
    """Return NaN and infinities in place of the words for them."""
    if isinstance(value, dict):
        return {key: _numbers(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_numbers(part) for part in value]
    return float(value) if value in ("nan", "inf", "-inf") else value


def _words(value):
    """Return words in place of NaN and infinities, which JSON does not have."""
    if isinstance(value, dict):
        return {key: _words(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_words(part) for part in value]
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value
