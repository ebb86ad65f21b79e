#!/usr/bin/python3 -I
"""A policy for Granary's `external` plugin: who may have which artifact.

Granary starts this program and speaks JSON with it, in frames: four bytes with the length, the most significant first, then as many bytes.
Standard input has questions, standard output is for answers and nothing else, standard error goes to Granary's log, line by line.
The rules are the first argument's file, a JSON list; the first rule that fits decides, and where none fits the answer is no:

    [{"artifacts": "internal-*", "identities": "fleet/spiffe://corp/edge/*"},
     {"artifacts": "docs-*", "addresses": "10.0.0.0/8", "files": ["public/**"]},
     {"verdict": "deny", "reason": "ask the depot's keepers"}]
"""

import fnmatch
import ipaddress
import json
import struct
import sys
import time

OPERATIONS = ["connect", "metadata", "request", "message"]
# Granary asks again before an answer is over.
VALID_FOR = 300


def read_frame(stream):
    head = stream.read(4)
    if len(head) < 4:
        sys.exit(0)  # Granary has let go of us.
    (length,) = struct.unpack(">I", head)
    return json.loads(stream.read(length))


def write_frame(stream, message):
    body = json.dumps(message).encode()
    stream.write(struct.pack(">I", len(body)) + body)
    stream.flush()


def fits(rule, facts):
    name = facts["artifact"]["name"] if facts.get("artifact") else ""
    if not fnmatch.fnmatchcase(name, rule.get("artifacts", "*")):
        return False
    if "addresses" in rule and ipaddress.ip_address(facts["address"]) not in ipaddress.ip_network(rule["addresses"]):
        return False
    if "identities" in rule and not any(fnmatch.fnmatchcase(i, rule["identities"]) for i in facts["identities"]):
        return False
    return True


def verdicts(rules, facts):
    for index, rule in enumerate(rules):
        if not fits(rule, facts):
            continue
        word = {
            "verdict": rule.get("verdict", "allow"),
            "reason": rule.get("reason", f"rule {index} fits"),
            "rule": f"rules[{index}]",
            "valid_until": time.time() + VALID_FOR,
        }
        answer = {operation: word for operation in OPERATIONS}
        if "files" in rule and word["verdict"] == "allow":
            # The metadata names every file: who may have some of them does not get it.
            answer["request"] = {**word, "files": rule["files"]}
            answer["metadata"] = {**word, "verdict": "deny", "reason": "a part only"}
        return answer
    return {operation: {"verdict": "deny", "reason": "no rule fits"} for operation in OPERATIONS}


def main():
    rules = []
    if len(sys.argv) > 1:
        with open(sys.argv[1], encoding="utf-8") as file:
            rules = json.load(file)
    questions, answers = sys.stdin.buffer, sys.stdout.buffer
    hello = read_frame(questions)
    if hello["protocol"] != 1:
        sys.exit(f"protocol {hello['protocol']} is not mine")
    write_frame(answers, {"type": "hello", "protocol": 1, "name": "sample", "operations": OPERATIONS, "events": ["on_disconnect"]})
    while True:
        message = read_frame(questions)
        if message["type"] == "ask":
            write_frame(answers, {"type": "answer", "id": message["id"], "verdicts": verdicts(rules, message["facts"])})
        elif message["type"] == "event":
            facts = message["facts"]
            print(f"{facts['principal']} has gone with {message.get('uploaded', 0)} bytes", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
