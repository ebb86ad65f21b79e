#!/usr/bin/python3
"""Asks an HTTP tracker for a torrent's peers until it names a peer, or no longer names it. Leaves no trace of the question."""
import argparse
import re
import socket
import struct
import time
import urllib.parse
import urllib.request

import common

OURSELVES = {"peer_id": "-XX0001-tracker-peer", "port": "1", "uploaded": "0", "downloaded": "0", "left": "1", "compact": "1"}


def announce(tracker, info_hash, event):
    fields = {"info_hash": bytes.fromhex(info_hash), "event": event, **OURSELVES}
    # A space as %20: opentracker does not take "+" for one.
    query = urllib.parse.urlencode(fields, quote_via=urllib.parse.quote)
    with urllib.request.urlopen(f"{tracker}?{query}", timeout=5) as reply:
        return reply.read()


def peers(tracker, info_hash):
    """The peers that the tracker names (BEP 23), as HOST:PORT."""
    reply = announce(tracker, info_hash, "started")
    announce(tracker, info_hash, "stopped")
    found = re.search(rb"5:peers(\d+):", reply)
    if not found:
        raise OSError(reply.decode("latin-1"))
    compact = reply[found.end():found.end() + int(found.group(1))]
    return [f"{socket.inet_ntoa(address)}:{port}" for address, port in struct.iter_unpack("!4sH", compact)]


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--tracker", required=True, help="the tracker's announce URL")
    p.add_argument("--info-hash", required=True)
    p.add_argument("--present", help="wait until this HOST:PORT is among the peers")
    p.add_argument("--absent", help="wait until it is not")
    p.add_argument("--timeout", type=float, default=20)
    a = p.parse_args()
    deadline = common.Deadline(a.timeout)
    named, error = None, None
    while True:
        try:
            named, error = peers(a.tracker, a.info_hash), None
        except OSError as problem:
            named, error = None, str(problem)
        ok = named is not None and (not a.present or a.present in named) and (not a.absent or a.absent not in named)
        if ok or deadline.passed:
            common.report("tracker", ok, deadline, peers=named, error=error)
        time.sleep(0.03)


main()
