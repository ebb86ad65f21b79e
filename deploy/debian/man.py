#!/usr/bin/python3
"""Writes the manual pages of a granary: man.py BINARY VERSION CONFIGURATION FOLDER.

A page for each command from what the command itself says (--experimental-dump-help), granary(1) with the sections of granary.1.in beside this
file, and granary.yaml(5) from `granary check --explain`."""
import json
import os
import subprocess
import sys


def ask(*words):
    return json.loads(subprocess.run(words, check=True, stdout=subprocess.PIPE).stdout)


def roff(text):
    """Text of a command's help as roff text: nothing in it is a request or an escape."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace("^", "\\(ha").replace("~", "\\(ti").replace("`", "\\(ga")
    lines = (line.strip() for line in text.splitlines())
    return "\n".join("\\&" + line if line[:1] == "." else line or ".PP" for line in lines)


def heading(name, section, version):
    return f'.TH {name.upper()} {section} "" "Granary {version}" "Granary"'


def names(argument):
    dashes = {"long": "--", "short": "-", "longWithSingleDash": "-"}
    return [dashes[name["kind"]] + name["name"] for name in argument.get("names") or []]


def value(argument):
    return argument.get("valueName") or "value"


def shown(command):
    return [a for a in command.get("arguments") or [] if a.get("shouldDisplay", True)]


def synopsis(path, command):
    words = [f"\\fB{roff(path)}\\fR"]
    for argument in shown(command):
        if argument["kind"] == "positional":
            word = f"\\fI{roff(value(argument).upper())}\\fR"
        else:
            word = f"\\fB{roff(names(argument)[-1])}\\fR"
            word += f" \\fI{roff(value(argument).upper())}\\fR" if argument["kind"] == "option" else ""
        word = f"[{word}]" if argument.get("isOptional") else word
        words.append(word + ("..." if argument.get("isRepeating") else ""))
    if subcommands(command):
        words.append("\\fICOMMAND\\fR")
    return " ".join(words)


def argument_lines(argument):
    if argument["kind"] == "positional":
        head = f"\\fI{roff(value(argument).upper())}\\fR"
    else:
        head = ", ".join(f"\\fB{roff(name)}\\fR" for name in names(argument))
        head += f" \\fI{roff(value(argument).upper())}\\fR" if argument["kind"] == "option" else ""
    text = " ".join(filter(None, [argument.get("abstract"), argument.get("discussion")]))
    default = argument.get("defaultValue")
    if default and argument["kind"] == "option" and "default" not in text:
        text += f" (default: {default})"
    return [".TP", head, roff(text) or "\\&"]


def subcommands(command):
    return [c for c in command.get("subcommands") or [] if c["commandName"] != "help" and c.get("shouldDisplay", True)]


def options_lines(command, title=".SH OPTIONS"):
    lines = [line for argument in shown(command) for line in argument_lines(argument)]
    return [title] + lines if lines else []


def text_lines(command):
    return [roff(command.get("discussion") or command["abstract"])]


def command_page(command, version):
    name = "granary " + command["commandName"]
    page = name.replace(" ", "-")
    lines = [heading(page, 1, version), ".SH NAME", f"{roff(page)} \\- {roff(command['abstract'].rstrip('.'))}", ".SH SYNOPSIS"]
    lines += [synopsis(name, command), ".SH DESCRIPTION"] + text_lines(command)
    for child in subcommands(command):
        path = f"{name} {child['commandName']}"
        lines += [f".SS {roff(child['commandName'])}", synopsis(path, child), ".PP", roff(child["abstract"])]
        lines += [".PP", roff(child["discussion"])] if child.get("discussion") else []
        lines += [line for argument in shown(child) if names(argument) not in COMMON for line in argument_lines(argument)]
    lines += options_lines(command)
    lines += [".SH EXIT STATUS", "See \\fBgranary\\fR(1).", ".SH SEE ALSO", "\\fBgranary\\fR(1), \\fBgranary.yaml\\fR(5)"]
    return page + ".1", lines


# Options of every command, which the overview explains.
COMMON = [["--config"], ["--json"], ["--version"], ["-h", "--help"], ["--help", "-h"]]


def overview(command, version, rest):
    lines = ["'\\\" t", heading("granary", 1, version), ".SH NAME", "granary \\- seeds artifacts over BitTorrent to a closed swarm", ".SH SYNOPSIS"]
    lines += ["\\fBgranary\\fR \\fICOMMAND\\fR [\\fB\\-\\-config\\fR \\fIFILE\\fR] [\\fB\\-\\-json\\fR]", ".SH DESCRIPTION", roff(command["abstract"])]
    lines += [".SH COMMANDS"]
    for child in subcommands(command):
        lines += [".TP", f"\\fB{roff('granary-' + child['commandName'])}\\fR(1)", roff(child["abstract"])]
    lines += [".SH OPTIONS"]
    first = subcommands(command)[0]
    lines += [line for argument in shown(first) if names(argument) in COMMON for line in argument_lines(argument)]
    return "granary.1", lines + rest


def keys_page(document, version):
    lines = [heading("granary.yaml", 5, version), ".SH NAME", "granary.yaml \\- configuration of granary", ".SH DESCRIPTION"]
    lines += ["One YAML file. Unknown keys, wrong types and bad values are errors with their place in the file; nothing is taken from the environment.",
              "Relative paths are relative to the file. Sizes take KiB, MiB and GiB, rates /s, durations ms, s, m, h and d.",
              "\\fBgranary check\\fR says whether a file is fine, \\fBgranary plugins\\fR what can stand under \\fBpipeline\\fR.", ".SH KEYS"]
    for key in document["keys"]:
        lines += [".TP", f"\\fB{roff(key['path'])}\\fR", roff(f"{key['summary']}. Default: {key['default']}. On SIGHUP: {key['effect']}.")]
    return "granary.yaml.5", lines + [".SH FILES", "\\fI/usr/share/doc/granary/examples\\fR has samples with comments.", ".SH SEE ALSO", "\\fBgranary\\fR(1)"]


def main():
    binary, version, configuration, folder = sys.argv[1:]
    command = ask(binary, "--experimental-dump-help")["command"]
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "granary.1.in"), encoding="utf-8") as file:
        pages = [overview(command, version, [file.read().rstrip()])]
    pages += [command_page(child, version) for child in subcommands(command)]
    pages.append(keys_page(ask(binary, "check", "--explain", "--json", "--config", configuration), version))
    os.makedirs(folder, exist_ok=True)
    for name, lines in pages:
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
