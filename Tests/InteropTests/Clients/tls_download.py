#!/usr/bin/python3
"""Downloads a torrent of one file over TLS, with several peers at once that each take all of it at a pace of their own, and go on where
they were when a connection ends, with the certificate that is in the file by then.

Prints `progress N` whenever the slowest has come so many tenths of the way further, and at the end a report as JSON."""
import argparse
import hashlib
import json
import ssl
import struct
import sys
import threading
import time

import libtorrent as lt

import tls_link

BLOCK = 16384
WINDOW = 8


class Peer(threading.Thread):
    def __init__(self, plan, info, number):
        super().__init__(daemon=True)
        self.plan = {**plan, "bind": plan["bind"].rsplit(".", 1)[0] + f".{number + 1}", "limit": plan["timeout"]}
        self.info = info
        self.blocks = [(piece, offset, min(BLOCK, info.piece_size(piece) - offset))
                       for piece in range(info.num_pieces()) for offset in range(0, info.piece_size(piece), BLOCK)]
        self.have = {}
        self.connections = self.cut = 0
        self.ends, self.failures, self.issuers = [], [], []

    @property
    def progress(self):
        return 10 * len(self.have) // len(self.blocks)

    def run(self):
        end = time.monotonic() + self.plan["timeout"]
        while len(self.have) < len(self.blocks) and time.monotonic() < end:
            link = None
            try:
                link = self.dial()
                self.take_blocks(link)
                link.close()
            except (OSError, tls_link.Closed) as error:
                self.note(link, error)
                time.sleep(0.05)

    def note(self, link, error):
        if link is None:
            self.failures.append(str(error))
            return
        self.ends.append("notify" if isinstance(error, ssl.SSLZeroReturnError) else type(error).__name__)
        self.cut += link.is_inside

    def dial(self):
        link = tls_link.Link(self.plan)
        link.shake()
        link.send(tls_link.handshake(self.plan["hash"]))
        link.take(68)
        link.is_inside = False
        self.connections += 1
        self.issuers.append(self.issuer())
        link.send(tls_link.message(2))
        link.first((1,))
        return link

    def issuer(self):
        with open(self.plan["certificate"], "rb") as file:
            return hashlib.sha256(file.read()).hexdigest()[:8]

    def take_blocks(self, link):
        waiting = [block for block in self.blocks if block[:2] not in self.have]
        outstanding = 0
        while outstanding or waiting:
            while waiting and outstanding < WINDOW:
                link.send(tls_link.message(6, struct.pack(">III", *waiting.pop(0))))
                outstanding += 1
            kind, body = link.first((7, 16))
            if kind == 16:
                raise tls_link.Closed("rejected")
            outstanding -= 1
            self.have[struct.unpack(">II", body[:8])] = body[8:]
            time.sleep(self.plan["pause"])

    def summary(self):
        data = b"".join(self.have.get(block[:2], b"") for block in self.blocks)
        return {"whole": len(self.have) == len(self.blocks), "sha256": hashlib.sha256(data).hexdigest(), "connections": self.connections,
                "cut": self.cut, "ends": self.ends, "failures": self.failures[:5], "certificates": len(set(self.issuers))}


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--plan", required=True, help="the JSON file")
    a = p.parse_args()
    with open(a.plan, encoding="utf-8") as file:
        plan = json.load(file)
    info = lt.torrent_info(plan["torrent"])
    peers = [Peer(plan, info, number) for number in range(plan["peers"])]
    for peer in peers:
        peer.start()
    told = 0
    while any(peer.is_alive() for peer in peers):
        progress = min(peer.progress for peer in peers)
        if progress > told:
            told = progress
            print(f"progress {told}", flush=True)
        time.sleep(0.01)
    summaries = [peer.summary() for peer in peers]
    print(json.dumps({"peers": summaries}), flush=True)
    sys.exit(0 if all(summary["whole"] for summary in summaries) else 1)


main()
