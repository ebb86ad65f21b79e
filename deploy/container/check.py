#!/usr/bin/python3
"""Reads the Containerfile beside this without an engine: check.py. Instructions, stages, what is copied, what is run, and who runs it."""
import glob
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TREE = os.path.dirname(os.path.dirname(HERE))
KNOWN = {"FROM", "WORKDIR", "COPY", "RUN", "USER", "VOLUME", "EXPOSE", "STOPSIGNAL", "HEALTHCHECK", "ENTRYPOINT", "CMD"}


def instructions(text):
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [tuple(line.split(None, 1)) for line in re.sub(r"\\\n\s*", " ", "\n".join(lines)).splitlines()]


def check_copy(words, stages, found):
    source = next((w.split("=", 1)[1] for w in words if w.startswith("--from=")), None)
    if source and source not in stages:
        found.append(f"COPY from {source}, which is no stage")
    if not source and not glob.glob(os.path.join(TREE, words[0])):
        found.append(f"COPY of {words[0]}, which is not in the tree")


def problems(text):
    found, stages, users, programs = [], [], [], []
    for name, rest in instructions(text):
        words = rest.split()
        if name not in KNOWN:
            found.append(f"unknown instruction {name}")
        elif name == "FROM":
            stages.append(words[2] if words[1:2] == ["AS"] else "")
            users = []
        elif name == "COPY":
            check_copy(words, stages, found)
        elif name == "USER":
            users.append(rest)
        elif name == "RUN":
            programs.append(words[0])
    for program in programs:
        path = os.path.join(TREE, program) if not program.startswith("/") else os.path.join(HERE, os.path.basename(program))
        if not os.access(path, os.X_OK):
            found.append(f"RUN of {program}, which is no program of the tree")
    if len(stages) != 2 or users != ["10001:10001"]:
        found.append("not two stages, or not the user that the manifests name")
    return found


def main():
    with open(os.path.join(HERE, "Containerfile"), encoding="utf-8") as file:
        found = problems(file.read())
    for problem in found:
        print(problem, file=sys.stderr)
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
