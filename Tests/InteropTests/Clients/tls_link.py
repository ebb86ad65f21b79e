"""A TLS client whose every record can be seen: Python's TLS over buffers, the socket by hand."""
import ctypes
import hashlib
import hmac
import os
import socket
import ssl
import struct
import time

VERSIONS = {"1.0": ssl.TLSVersion.TLSv1, "1.1": ssl.TLSVersion.TLSv1_1, "1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}
HANDSHAKE = b"\x13BitTorrent protocol" + bytes([0, 0, 0, 0, 0, 0x10, 0, 0x14])


class Closed(Exception):
    """The other side hung up."""


def endpoint(text):
    host, port = text.rsplit(":", 1)
    return host.strip("[]"), int(port)


def connect(peer, bind, limit):
    link = socket.create_connection(endpoint(peer), timeout=limit, source_address=(bind, 0))
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return link


def handshake(info_hash):
    return HANDSHAKE + bytes.fromhex(info_hash) + b"-TP0001-" + os.urandom(12)


def message(kind, payload=b""):
    return struct.pack(">IB", len(payload) + 1, kind) + payload


def context(plan):
    """Takes whatever the server shows, unless `authorities` are to vouch for it; shows what the plan says."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
    if plan.get("authorities"):
        made.load_verify_locations(plan["authorities"])
        made.verify_mode = ssl.CERT_REQUIRED
    if plan.get("version"):
        # What Debian's OpenSSL would not offer by itself.
        made.set_ciphers("DEFAULT:@SECLEVEL=0")
        made.minimum_version = made.maximum_version = VERSIONS[plan["version"]]
    if plan.get("ciphers"):
        made.set_ciphers(plan["ciphers"])
    if plan.get("certificate"):
        made.load_cert_chain(plan["certificate"], plan["key"])
    return made


class Link:
    """One connection. Times out as a whole."""

    def __init__(self, plan, session=None, made=None):
        self.plan = plan
        self.deadline = time.monotonic() + plan.get("limit", 8)
        self.socket = connect(plan["peer"], plan["bind"], self.left)
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.context = made or context(plan)
        self.tls = self.context.wrap_bio(self.incoming, self.outgoing, server_hostname=plan.get("name") or None, session=session)
        self.parsed = b""
        # Type and length of each record of the server's, and how many of them came before we were through with our side.
        self.records, self.early = [], 0
        # Whether a message has begun and not ended.
        self.is_inside = False

    @property
    def left(self):
        return max(0.01, self.deadline - time.monotonic())

    def flush(self):
        data = self.outgoing.read()
        drip = self.plan.get("drip")
        try:
            for part in [data] if not drip else [bytes([byte]) for byte in data]:
                self.socket.sendall(part)
                time.sleep(drip or 0)
        except (BrokenPipeError, ConnectionResetError):
            # The other side has hung up; what it said before is still to be read.
            pass

    def fill(self):
        """Takes what the server sends next."""
        self.socket.settimeout(self.left)
        data = self.socket.recv(1 << 16)
        if not data:
            raise Closed()
        self.incoming.write(data)
        self.parsed += data
        while len(self.parsed) >= 5 and len(self.parsed) >= 5 + (length := int.from_bytes(self.parsed[3:5], "big")):
            self.records.append([self.parsed[0], length])
            self.parsed = self.parsed[5 + length:]

    def step(self, act):
        """What `act` gives, once it does not want more from the server."""
        while True:
            try:
                result = act()
                self.flush()
                return result
            except ssl.SSLWantReadError:
                self.flush()
                self.fill()
            except ssl.SSLError:
                self.flush()
                raise

    def shake(self):
        self.step(self.tls.do_handshake)
        self.early = len(self.records)

    def send(self, data):
        self.step(lambda: self.tls.write(data))

    def read(self, count=1 << 16):
        return self.step(lambda: self.tls.read(count))

    def take(self, count):
        data = b""
        while len(data) < count:
            more = self.read(count - len(data))
            if not more:
                raise Closed()
            self.is_inside = True
            data += more
        return data

    def message(self):
        while True:
            length = struct.unpack(">I", self.take(4))[0]
            body = self.take(length) if length else b""
            self.is_inside = False
            if body:
                return body[0], body[1:]

    def first(self, kinds):
        while True:
            kind, body = self.message()
            if kind in kinds:
                return kind, body

    def block(self, piece, offset, length):
        """The block, or None where it is rejected."""
        self.send(message(6, struct.pack(">III", piece, offset, length)))
        kind, body = self.first((7, 16))
        return body[8:] if kind == 7 else None

    def drain(self):
        """How the connection ends: by `notify` and then closed, closed, reset, or not in time."""
        try:
            self.socket.settimeout(self.left)
            while self.socket.recv(1 << 16):
                pass
            return "closed"
        except socket.timeout:
            return "silence"
        except OSError:
            return "reset"

    def close(self):
        self.socket.close()


class Sealer:
    """Writes TLS 1.3 records of our own making with the client's keys (TLS_AES_128_GCM_SHA256, TLS_AES_256_GCM_SHA384)."""

    def __init__(self, secrets, cipher):
        self.hash, size, kind = (hashlib.sha384, 32, "AES-256-GCM") if "256_GCM" in cipher else (hashlib.sha256, 16, "AES-128-GCM")
        with open(secrets, encoding="ascii") as file:
            line = next(line for line in file if line.startswith("CLIENT_TRAFFIC_SECRET_0 "))
        secret = bytes.fromhex(line.split()[2])
        self.key, self.iv = self.expand(secret, b"key", size), self.expand(secret, b"iv", 12)
        self.number = 0
        self.crypto = ctypes.CDLL("libcrypto.so.3")
        self.crypto.EVP_CIPHER_fetch.restype = self.crypto.EVP_CIPHER_CTX_new.restype = ctypes.c_void_p
        self.cipher = ctypes.c_void_p(self.crypto.EVP_CIPHER_fetch(None, kind.encode(), None))

    def expand(self, secret, label, length):
        label = b"tls13 " + label
        info = struct.pack(">HB", length, len(label)) + label + b"\0"
        return hmac.new(secret, info + b"\1", self.hash).digest()[:length]

    def seal(self, content, kind=23):
        plain = content + bytes([kind])
        head = struct.pack(">BHH", 23, 0x0303, len(plain) + 16)
        nonce = bytes(a ^ b for a, b in zip(self.iv, self.number.to_bytes(12, "big")))
        self.number += 1
        state = ctypes.c_void_p(self.crypto.EVP_CIPHER_CTX_new())
        sealed, tag, count = ctypes.create_string_buffer(len(plain)), ctypes.create_string_buffer(16), ctypes.c_int()
        good = self.crypto.EVP_EncryptInit_ex(state, self.cipher, None, self.key, nonce)
        good &= self.crypto.EVP_EncryptUpdate(state, None, ctypes.byref(count), head, len(head))
        good &= self.crypto.EVP_EncryptUpdate(state, sealed, ctypes.byref(count), plain, len(plain))
        good &= self.crypto.EVP_EncryptFinal_ex(state, None, ctypes.byref(count))
        good &= self.crypto.EVP_CIPHER_CTX_ctrl(state, 0x10, 16, tag)
        self.crypto.EVP_CIPHER_CTX_free(state)
        if good != 1:
            raise RuntimeError("libcrypto")
        return head + sealed.raw + tag.raw
