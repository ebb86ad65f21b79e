#!/usr/bin/python3
"""Holds the operations guide against the tree: every alert has its section and every section its alert, links and anchors lead somewhere, files, metrics
and commands that it names are there. check-guide.py GRANARY"""
import json
import os
import re
import subprocess
import sys

import yaml

HERE = os.path.dirname(os.path.abspath(__file__))
TREE = os.path.dirname(HERE)


def read(*path):
    with open(os.path.join(TREE, *path), encoding="utf-8") as file:
        return file.read()


def anchors(text):
    titles = re.findall(r"^#+ (.+)$", text, re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def sources():
    for folder, _, files in os.walk(os.path.join(TREE, "Sources")):
        for name in files:
            if name.endswith(".swift"):
                with open(os.path.join(folder, name), encoding="utf-8") as file:
                    yield file.read()


def check_alerts(guide, found):
    rules = os.path.join(HERE, "prometheus", "granary.rules.yml")
    with open(rules, encoding="utf-8") as file:
        rules = [rule for group in yaml.safe_load(file)["groups"] for rule in group["rules"] if "alert" in rule]
    names = [rule["alert"] for rule in rules]
    sections = re.findall(r"^### Alert: (\w+)$", guide, re.M)
    for name in set(names) ^ set(sections):
        found.append(f"{name} is an alert or a section, and not both")
    for rule in rules:
        file, _, anchor = rule["annotations"]["runbook_url"].partition("#")
        if file != "deploy/README.md" or anchor not in anchors(guide):
            found.append(f"{rule['alert']} leads nowhere: {file}#{anchor}")


def check_links(guide, found):
    for file, anchor in re.findall(r"\]\(([^)#]*)#([^)]+)\)", guide):
        if anchor not in anchors(read("deploy", file) if file else guide):
            found.append(f"no {anchor} in {file or 'the guide'}")
    for path in re.findall(r"`(deploy/[\w./-]+)`", guide):
        if not os.path.exists(os.path.join(TREE, path)):
            found.append(f"no {path}")


def check_commands(guide, granary, found):
    """Commands and options that the guide writes, against the program's own help."""
    command = json.loads(subprocess.run([granary, "--experimental-dump-help"], check=True, stdout=subprocess.PIPE).stdout)["command"]
    texts = re.findall(r"`([^`]+)`", guide) + [line for block in re.findall(r"```sh\n(.*?)```", guide, re.S) for line in block.splitlines()]
    for text in texts:
        for words in re.findall(r"(?:^|[;&|/] |-- |/)granary ((?:[a-z]+ ?)+[^;&|#]*)", text):
            check_words(words.split(), command, text, found)


def check_words(words, command, text, found):
    while words:
        child = next((c for c in command.get("subcommands") or [] if c["commandName"] == words[0]), None)
        if child is None:
            break
        command, words = child, words[1:]
    options = {"--" + name["name"] for argument in command.get("arguments") or [] for name in argument.get("names") or []}
    if command["commandName"] == "granary":
        found.append(f"no such command: {text}")
    for word in words:
        if word.startswith("--") and word not in options:
            found.append(f"no option {word}: {text}")


def check_metrics(guide, found):
    names = set(re.findall(r"`(granary_\w+)`", guide))
    # Some are put together from parts in the sources; those are in the rules, which have tests of their own.
    known = "\n".join(sources()) + read("deploy", "prometheus", "granary.rules.yml")
    for name in names:
        if name not in known and name.removeprefix("granary_") not in known:
            found.append(f"no metric {name}")
    if not names:
        found.append("no metrics")


def main():
    guide, found = read("deploy", "README.md"), []
    check_alerts(guide, found)
    check_links(guide, found)
    check_commands(guide, sys.argv[1], found)
    check_metrics(guide, found)
    for problem in found:
        print(problem, file=sys.stderr)
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
