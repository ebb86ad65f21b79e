#!/usr/bin/python3
"""Runs `openssl s_client` and types to it: each line once the program has printed what it waits for. Reports all that it printed."""
import argparse
import json
import os
import select
import subprocess
import time


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--type", action="append", nargs=2, default=[], metavar=("AFTER", "LINE"))
    p.add_argument("--until", help="what it prints last; without it, until it ends")
    p.add_argument("--timeout", type=float, default=10)
    p.add_argument("arguments", nargs="*", help="of s_client")
    a = p.parse_args()
    process = subprocess.Popen(["openssl", "s_client", *a.arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    end, text, lines = time.monotonic() + a.timeout, "", list(a.type)
    while time.monotonic() < end and not (a.until and not lines and a.until in text):
        if lines and lines[0][0] in text:
            process.stdin.write((lines.pop(0)[1] + "\n").encode())
            process.stdin.flush()
        if select.select([process.stdout], [], [], 0.05)[0]:
            data = os.read(process.stdout.fileno(), 1 << 16)
            if not data:
                break
            text += data.decode("utf-8", "replace")
    try:
        ended = process.wait(1) is not None
    except subprocess.TimeoutExpired:
        ended = False
    process.kill()
    process.wait()
    print(json.dumps({"text": text, "typed": len(a.type) - len(lines), "ended": ended}), flush=True)


main()
