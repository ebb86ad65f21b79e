#!/usr/bin/python3
"""Many peers that download without an end, one of which is shown the door while they do.

Once every peer has had some blocks, a command is run that takes from one address what it was allowed. What that peer gets after the command has
returned is counted, and what becomes of the others: every block that they asked for, before and after, must come, with the right bytes."""
import argparse
import errno
import json
import os
import random
import selectors
import socket
import struct
import subprocess
import sys
import time

BLOCK = 16384
CHOKE, UNCHOKE, INTERESTED, REQUEST, PIECE, REJECT = 0, 1, 2, 6, 7, 16


class Peer:
    """One connection with a fixed number of requests outstanding."""

    def __init__(self, a, number):
        self.a, self.random = a, random.Random(number)
        self.bind = f"127.{a.block}.{number // 250}.{number % 250 + 1}"
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, a.buffer)
        self.socket.bind((self.bind, 0))
        self.socket.settimeout(10)
        self.socket.connect(a.endpoint)
        reserved = bytes([0, 0, 0, 0, 0, 0, 0, 4])
        self.socket.sendall(b"\x13BitTorrent protocol" + reserved + a.info_hash + b"-CP0001-" + os.urandom(12))
        self.socket.sendall(struct.pack(">IB", 1, INTERESTED))
        self.socket.setblocking(False)
        self.incoming, self.hands, self.open = bytearray(), False, True
        self.outstanding, self.blocks, self.bytes = {}, 0, 0
        self.bad = self.rejected = self.choked = 0
        self.ended, self.how, self.error, self.stopped = None, None, None, False

    def readable(self):
        try:
            data = self.socket.recv(1 << 18)
        except BlockingIOError:
            return
        except OSError as error:
            return self.end(errno.errorcode.get(error.errno, str(error)))
        if not data:
            return self.end(self.error or "EOF")
        self.bytes += len(data)
        self.incoming += data
        self.parse()

    def end(self, how):
        self.ended, self.how, self.open = time.monotonic(), how, False

    def parse(self):
        position = 0
        if not self.hands:
            if len(self.incoming) < 68:
                return
            self.hands, position = True, 68
        while len(self.incoming) - position >= 4:
            length = struct.unpack_from(">I", self.incoming, position)[0]
            if len(self.incoming) - position - 4 < length:
                break
            if length:
                self.message(self.incoming[position + 4], memoryview(self.incoming)[position + 5 : position + 4 + length])
            position += 4 + length
        del self.incoming[:position]

    def message(self, kind, body):
        if kind == UNCHOKE:
            self.fill()
        elif kind == CHOKE:
            self.choked += 1
        elif kind == REJECT:
            self.rejected += 1
        elif kind == PIECE:
            piece, offset = struct.unpack_from(">II", body)
            begin = self.outstanding.pop((piece, offset), None)
            if begin is None or body[8:] != self.a.data[begin : begin + BLOCK]:
                self.bad += 1
            self.blocks += 1
            self.fill()
        body.release()

    def fill(self):
        requests = b""
        while not self.stopped and len(self.outstanding) < self.a.depth:
            begin = self.random.randrange(len(self.a.data) // BLOCK) * BLOCK
            key = (begin // self.a.piece_length, begin % self.a.piece_length)
            if key in self.outstanding:
                continue
            self.outstanding[key] = begin
            requests += struct.pack(">IBIII", 13, REQUEST, *key, BLOCK)
        try:
            if requests:
                self.socket.sendall(requests)
        except OSError as error:
            # Told once: the next read would find the end and not the reset.
            self.error = self.error or errno.errorcode.get(error.errno, str(error))


class Crowd:
    """All of them, on one selector."""

    def __init__(self, a):
        self.a = a
        self.end = time.monotonic() + a.timeout
        self.selector = selectors.DefaultSelector()
        self.peers = [Peer(a, number) for number in range(a.peers)]
        for peer in self.peers:
            self.selector.register(peer.socket, selectors.EVENT_READ, peer)

    def until(self, what, done):
        while not done():
            if time.monotonic() > self.end:
                raise TimeoutError(what)
            for key, _ in self.selector.select(0.05):
                key.data.readable()
                if not key.data.open:
                    self.selector.unregister(key.fileobj)
                    key.data.socket.close()

    def run(self):
        leaving, others = self.peers[self.a.leaves], [p for p in self.peers if p is not self.peers[self.a.leaves]]
        self.until("every peer has blocks", lambda: all(p.blocks >= self.a.before for p in self.peers))
        command = subprocess.Popen(self.a.command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        self.until("the command returns", lambda: command.poll() is not None)
        switched = time.monotonic()
        # What it has asked for by now may be on its way, and nothing else.
        leaving.stopped = True
        had, marks = leaving.bytes, {p: p.blocks for p in others}
        self.until("the peer is gone", lambda: not leaving.open)
        self.until("the others have more", lambda: all(p.blocks >= marks[p] + self.a.after or not p.open for p in others))
        for peer in self.peers:
            peer.stopped = True
        self.until("what was asked for comes", lambda: all(not p.outstanding or not p.open for p in others))
        return {
            "command": command.returncode, "address": leaving.bind, "bytes_after": leaving.bytes - had, "blocks_before": leaving.blocks,
            "gone_after": round(leaving.ended - switched, 4), "how": leaving.how, "peers": len(others),
            "gone": sum(not p.open for p in others), "bad": sum(p.bad for p in self.peers), "missing": sum(len(p.outstanding) for p in others),
            "rejected": sum(p.rejected for p in others), "choked": sum(p.choked for p in others), "blocks": sum(p.blocks for p in others),
        }


def arguments():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--endpoint", required=True, help="HOST:PORT of the node")
    p.add_argument("--info-hash", required=True, type=bytes.fromhex)
    p.add_argument("--piece-length", required=True, type=int)
    p.add_argument("--data", required=True, help="the artifact's one file")
    p.add_argument("--block", type=int, default=9, help="peers are 127.BLOCK.0.1 and on")
    p.add_argument("--peers", type=int, default=200)
    p.add_argument("--leaves", type=int, default=77, help="the number of the peer that has to go")
    p.add_argument("--depth", type=int, default=8, help="requests outstanding")
    p.add_argument("--buffer", type=int, default=65536, help="bytes of each receive buffer")
    p.add_argument("--before", type=int, default=10, help="blocks of each peer before the command")
    p.add_argument("--after", type=int, default=10, help="blocks of each peer after it")
    p.add_argument("--timeout", type=float, default=120)
    p.add_argument("command", nargs="+")
    a = p.parse_args()
    host, port = a.endpoint.rsplit(":", 1)
    a.endpoint = (host, int(port))
    with open(a.data, "rb") as file:
        a.data = file.read()
    return a


if __name__ == "__main__":
    try:
        print(json.dumps(Crowd(arguments()).run()))
    except TimeoutError as error:
        sys.exit(f"timeout: {error}")
