#!/usr/bin/python3
"""A peer of one artifact that speaks Granary's extended messages with nothing of Granary's: a bencoder of its own, and OpenSSL's signatures.

`message_peer.py key FILE` makes a key and prints its public half in hex. `message_peer.py talk …` connects, says what it is told to, waits for
what it is told to expect, and reports all extended messages that came."""
import argparse
import json
import os
import socket
import struct
import subprocess
import sys
import tempfile
import time

NAMES = ["corp_hello", "gr_notice", "gr_have"]
SPKI = bytes.fromhex("302a300506032b6570032100")


def bencode(value):
    if isinstance(value, int):
        return b"i%de" % value
    if isinstance(value, str):
        value = value.encode()
    if isinstance(value, bytes):
        return b"%d:%s" % (len(value), value)
    if isinstance(value, list):
        return b"l" + b"".join(map(bencode, value)) + b"e"
    return b"d" + b"".join(bencode(key) + bencode(value[key]) for key in sorted(value)) + b"e"


def bdecode(data, at=0):
    kind = data[at : at + 1]
    if kind == b"i":
        end = data.index(b"e", at)
        return int(data[at + 1 : end]), end + 1
    if kind in (b"l", b"d"):
        items, at = [], at + 1
        while data[at : at + 1] != b"e":
            item, at = bdecode(data, at)
            items.append(item)
        return (items if kind == b"l" else dict(zip(items[::2], items[1::2]))), at + 1
    colon = data.index(b":", at)
    end = colon + 1 + int(data[at:colon])
    return data[colon + 1 : end], end


def openssl(*arguments):
    return subprocess.run(["openssl", *arguments], check=False, capture_output=True)


def public(key):
    return openssl("pkey", "-in", key, "-pubout", "-outform", "DER").stdout[-32:]


def signed_bytes(notice):
    return b"granary gr_notice 1\0" + bencode({key: value for key, value in notice.items() if key not in ("s", b"s")})


def with_files(*contents):
    folder = tempfile.mkdtemp(prefix="granary-message-")
    paths = []
    for number, content in enumerate(contents):
        paths.append(os.path.join(folder, str(number)))
        with open(paths[-1], "wb") as file:
            file.write(content)
    return paths


def is_signed(notice):
    message, signature, key = with_files(signed_bytes(notice), notice[b"s"], SPKI + notice[b"k"])
    verified = openssl("pkeyutl", "-verify", "-rawin", "-pubin", "-keyform", "DER", "-inkey", key, "-in", message, "-sigfile", signature)
    return verified.returncode == 0


def notice(info_hash, order):
    """`KEY:SEQUENCE:TEXT`, or with `:forged` behind it."""
    key, sequence, text, *forged = order.split(":")
    now = int(time.time())
    made = {"a": info_hash, "i": now, "k": public(key), "n": int(sequence), "t": text, "u": now + 3600, "v": 1, "w": "text"}
    (message,) = with_files(signed_bytes(made))
    made["s"] = openssl("pkeyutl", "-sign", "-rawin", "-inkey", key, "-in", message).stdout
    if forged:
        made["t"] = text[::-1]
    return bencode(made)


def shown(value):
    if isinstance(value, bytes):
        return value.decode() if value.isascii() and value.decode().isprintable() else value.hex()
    if isinstance(value, list):
        return [shown(item) for item in value]
    if isinstance(value, dict):
        return {shown(key): shown(item) for key, item in value.items()}
    return value


class Talk:
    def __init__(self, a):
        self.a = a
        self.end = time.monotonic() + a.timeout
        self.buffer = b""
        self.ids = {}
        self.came = []
        self.catalogue = b""
        self.info_hash = bytes.fromhex(a.info_hash)
        host, port = a.peer.rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)), timeout=a.timeout, source_address=(a.bind, 0))

    def read(self, count):
        while len(self.buffer) < count:
            self.socket.settimeout(max(0.01, self.end - time.monotonic()))
            data = self.socket.recv(65536)
            if not data:
                raise ConnectionError
            self.buffer += data
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data

    def send(self, number, payload):
        self.socket.sendall(struct.pack(">IBB", len(payload) + 2, 20, number) + payload)

    def run(self):
        self.socket.sendall(
            b"\x13BitTorrent protocol" + bytes([0, 0, 0, 0, 0, 0x10, 0, 4]) + self.info_hash + b"-MP0001-" + os.urandom(12)
        )
        closed = False
        try:
            self.read(68)
            self.send(0, bencode({"m": {name: number + 1 for number, name in enumerate(NAMES)}}))
            while not self.is_done():
                self.take()
        except (ConnectionError, OSError):
            # A time that is over is an end like any other.
            closed = time.monotonic() < self.end
        return closed

    def take(self):
        (length,) = struct.unpack(">I", self.read(4))
        body = self.read(length)
        if len(body) < 2 or body[0] != 20:
            return
        value, _ = bdecode(body[2:])
        if body[1] == 0:
            self.ids = {name.decode(): number for name, number in value[b"m"].items()}
            self.speak()
            # Signing takes its time: what is said is listened to for a while.
            self.end = max(self.end, time.monotonic() + min(self.a.timeout, 3))
            return
        name = NAMES[body[1] - 1]
        if b"c" in value:
            return self.take_part(value)
        row = {"name": name, "body": shown(value)}
        if name == "gr_notice":
            row["signed"] = is_signed(value)
        self.came.append(row)
        print("came", name, file=sys.stderr, flush=True)

    def take_part(self, part):
        self.catalogue += part[b"c"]
        if part[b"c"] and len(self.catalogue) < part[b"n"]:
            return self.ask_for_catalogue()
        self.came.append({"name": "gr_have", "body": {"catalogue": self.catalogue.hex(), "size": part[b"n"]}})

    def ask_for_catalogue(self):
        self.send(self.ids["gr_have"], bencode({"i": 7, "c": len(self.catalogue)}))

    def speak(self):
        for text in self.a.say:
            name, payload = text.split("=", 1)
            if name in self.ids:
                self.send(self.ids[name], payload.encode())
        for order in self.a.notice:
            self.send(self.ids["gr_notice"], notice(self.info_hash, order))
        if self.a.ask:
            question = bencode({"i": 7, "q": [bytes.fromhex(text) for text in self.a.ask]})
            self.send(self.ids["gr_have"], question)
        if self.a.catalogue:
            self.ask_for_catalogue()

    def is_done(self):
        if not self.a.expect:
            return False
        return all(sum(row["name"] == name for row in self.came) >= self.a.expect.count(name) for name in set(self.a.expect))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    kinds = parser.add_subparsers(dest="kind", required=True)
    key = kinds.add_parser("key")
    key.add_argument("file")
    talk = kinds.add_parser("talk")
    talk.add_argument("--peer", required=True)
    talk.add_argument("--info-hash", required=True)
    talk.add_argument("--bind", default="127.0.0.1")
    talk.add_argument("--timeout", type=float, default=30)
    talk.add_argument("--say", action="append", default=[], help="NAME=BENCODE")
    talk.add_argument("--notice", action="append", default=[], help="KEY:SEQUENCE:TEXT[:forged]")
    talk.add_argument("--ask", action="append", default=[], help="an info-hash")
    talk.add_argument("--catalogue", action="store_true", help="ask for the whole catalogue")
    talk.add_argument("--expect", action="append", default=[], help="a name, once for each message of it that is to come; none: stays")
    a = parser.parse_args()
    if a.kind == "key":
        openssl("genpkey", "-algorithm", "ED25519", "-out", a.file)
        return print(public(a.file).hex())
    talk = Talk(a)
    closed = talk.run()
    print(json.dumps({"ok": talk.is_done(), "closed": closed, "offered": sorted(talk.ids), "messages": talk.came}))


main()
