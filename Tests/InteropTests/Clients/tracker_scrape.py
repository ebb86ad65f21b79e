#!/usr/bin/python3
"""Scrapes an HTTP tracker (BEP 48) until it knows so many seeders of a torrent."""
import re
import time
import urllib.parse
import urllib.request

import argparse

import common


def seeders(tracker, info_hash):
    url = tracker.replace("/announce", "/scrape") + "?info_hash=" + urllib.parse.quote(bytes.fromhex(info_hash))
    with urllib.request.urlopen(url, timeout=5) as reply:
        found = re.search(rb"8:completei(\d+)e", reply.read())
    return int(found.group(1)) if found else 0


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--tracker", required=True, help="the tracker's announce URL")
    p.add_argument("--info-hash", required=True)
    p.add_argument("--seeders", type=int, required=True, help="the number to wait for")
    p.add_argument("--timeout", type=float, default=20)
    a = p.parse_args()
    deadline = common.Deadline(a.timeout)
    known = None
    while known != a.seeders and not deadline.passed:
        try:
            known = seeders(a.tracker, a.info_hash)
        except OSError:
            known = None
        if known != a.seeders:
            time.sleep(0.03)
    common.report("scrape", known == a.seeders, deadline, seeders=known)


main()
