#!/usr/bin/python3
"""A peer that never has enough: dials one node again and again, takes whatever .torrent files a folder holds, and checks every piece.

The node may come and go: a lost connection is dialed anew at once. TERM ends it with a report of what verified and what did not."""
import argparse
import glob
import hashlib
import json
import os
import random
import signal
import socket
import struct
import sys
import threading
import time

import libtorrent as lt

BLOCK = 16384


class Wire:
    """One connection: handshake and messages."""

    def __init__(self, endpoint, bind, info_hash):
        self.socket = socket.create_connection(endpoint, timeout=5, source_address=(bind, 0))
        reserved = bytes([0, 0, 0, 0, 0, 0, 0, 4])
        self.socket.sendall(b"\x13BitTorrent protocol" + reserved + info_hash + b"-RP0001-" + os.urandom(12))
        if self.take(68)[28:48] != info_hash:
            raise ConnectionError("another info-hash")

    def take(self, count):
        data = bytearray()
        while len(data) < count:
            more = self.socket.recv(count - len(data))
            if not more:
                raise ConnectionError("closed")
            data += more
        return bytes(data)

    def message(self):
        while True:
            length = struct.unpack(">I", self.take(4))[0]
            if length:
                body = self.take(length)
                return body[0], body[1:]

    def send(self, kind, payload=b""):
        self.socket.sendall(struct.pack(">IB", len(payload) + 1, kind) + payload)


class Peer(threading.Thread):
    """Downloads in a loop, each time another torrent of the folder."""

    def __init__(self, a, number):
        super().__init__(daemon=True)
        self.a = a
        self.bind = f"127.{a.block}.0.{number + 1}"
        self.random = random.Random(number)
        self.verified = self.corrupt = self.connections = self.whole = 0
        self.complaints = []

    def run(self):
        while not (self.a.once and self.whole):
            try:
                self.download()
            except (OSError, ConnectionError):
                time.sleep(0.02)

    def download(self):
        files = sorted(glob.glob(os.path.join(self.a.torrents, "*.torrent")))
        if not files:
            return time.sleep(0.05)
        try:
            info = lt.torrent_info(self.random.choice(files))
        except RuntimeError:
            # Gone since the folder was read.
            return
        host, port = self.a.peer.rsplit(":", 1)
        wire = Wire((host, int(port)), self.bind, info.info_hashes().v1.to_bytes())
        try:
            self.connections += 1
            have = self.bitfield(wire, info)
            before = self.verified
            for piece in have:
                self.piece(wire, info, piece)
            self.whole += self.verified - before == info.num_pieces()
        finally:
            wire.socket.close()

    def bitfield(self, wire, info):
        """The pieces that the node shows, once it has let us in."""
        have = []
        wire.send(2)
        while True:
            kind, payload = wire.message()
            if kind == 14:
                have = list(range(info.num_pieces()))
            elif kind == 5:
                have = [i for i in range(info.num_pieces()) if payload[i // 8] & (0x80 >> i % 8)]
            elif kind == 1:
                self.random.shuffle(have)
                return have

    def piece(self, wire, info, piece):
        size = info.piece_size(piece)
        wanted = {offset: min(BLOCK, size - offset) for offset in range(0, size, BLOCK)}
        for offset, length in wanted.items():
            wire.send(6, struct.pack(">III", piece, offset, length))
        data = bytearray(size)
        while wanted:
            kind, payload = wire.message()
            if kind == 16 or kind == 0:
                return
            if kind != 7:
                continue
            got, offset = struct.unpack(">II", payload[:8])
            if got != piece or wanted.pop(offset, None) != len(payload) - 8:
                return self.complain(f"a block nobody asked for: {got}/{offset}")
            data[offset:offset + len(payload) - 8] = payload[8:]
        if hashlib.sha1(data).digest() == info.hash_for_piece(piece):
            self.verified += 1
        else:
            self.corrupt += 1
            self.complain(f"{info.name()}: piece {piece} does not verify")

    def complain(self, text):
        if len(self.complaints) < 10:
            self.complaints.append(text)


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--peer", required=True, help="HOST:PORT of the node")
    p.add_argument("--torrents", required=True, help="the folder of .torrent files")
    p.add_argument("--peers", type=int, default=2, help="so many at once")
    p.add_argument("--once", action="store_true", help="leave when every peer has had one torrent whole")
    p.add_argument("--block", type=int, default=40, help="second byte of their addresses")
    a = p.parse_args()
    peers = [Peer(a, i) for i in range(a.peers)]

    def leave(*_):
        print(json.dumps({"verified": sum(x.verified for x in peers), "corrupt": sum(x.corrupt for x in peers),
                          "whole": sum(x.whole for x in peers), "connections": sum(x.connections for x in peers), "complaints": sum((x.complaints for x in peers), [])}),
              flush=True)
        os._exit(0)

    signal.signal(signal.SIGTERM, leave)
    for peer in peers:
        peer.start()
    for peer in peers:
        peer.join()
    leave()


if __name__ == "__main__":
    sys.exit(main())
