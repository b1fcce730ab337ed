"""Harnesses that break Protocol 1, each in its own way: python nonsense.py NAME."""

import json
import sys
import time

name = sys.argv[1]
HELLO = {"protocol": 1, "name": name, "version": "1"}
HELLOS = {
    "old": HELLO | {"protocol": 0},
    "nameless": {"protocol": 1, "version": "1"},
    "boastful": HELLO | {"capabilities": ["telepathy"]},
    "strange": HELLO | {"declaration": {"mood": "good"}},
    "mistaken": HELLO | {"declaration": {"reduction": "median"}},
}
ANSWERS = {
    "chats": "Let me think about that.",
    "bare": '{"loss": [NaN]}',
    "null": '{"loss": [null]}',
    "listless": "[1, 2, 3]",
    "silent": "{}",
    "double": '{"loss": [0]}\n{"loss": [0]}',
    "refuses": '{"unsupported": "everything"}',
}

print(f"{name} is ready", file=sys.stderr, flush=True)
for line in sys.stdin:
    request = json.loads(line)
    if name == "quits":
        sys.exit(9)
    if request["type"] == "start":
        reply = json.dumps(HELLOS.get(name, HELLO))
    elif request["type"] == "echo":
        values = request["values"]
        if name == "rounds":
            values = [float(f"{x:.16g}") if isinstance(x, float) and x < 1e300 else x for x in values]
        if name == "shortens":
            values = values[1:]
        reply = json.dumps({"values": values})
        if name == "deaf":
            print(reply, flush=True)
            time.sleep(1000)
    elif request["type"] == "run":
        reply = ANSWERS[name]
    else:
        break
    sys.stdout.write(reply + "\n")
    sys.stdout.flush()
