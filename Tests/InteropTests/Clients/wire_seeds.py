#!/usr/bin/python3
"""Seeds of one file that speak the bare protocol (BEP 3, and 6 where the other side does), each at an address of its own: honest ones, ones that
give a wrong block now and then, and ones that write down what they are asked. Torrents are read with libtorrent."""
import argparse
import asyncio
import json
import os
import signal
import struct
import sys
import time

import libtorrent as lt


class Seed:
    def __init__(self, a, info, data, address):
        self.a, self.info, self.data, self.address = a, info, data, address
        self.asked, self.moments = [], []
        self.given = 0

    async def serve(self, reader, writer):
        try:
            await self.session(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError, OSError):
            pass
        finally:
            writer.close()

    async def session(self, reader, writer):
        handshake = await reader.readexactly(68)
        if handshake[28:48] not in self.a.hashes:
            return
        fast = handshake[27] & 4
        writer.write(b"\x13BitTorrent protocol" + bytes(7) + bytes([fast]) + handshake[28:48] + b"-WS0001-" + os.urandom(6).hex().encode())
        pieces = self.info.num_pieces()
        if fast:
            writer.write(struct.pack("!IB", 1, 14))
        else:
            bits = bytearray(b"\xff" * (pieces // 8) + (bytes([0xFF << (8 - pieces % 8) & 0xFF]) if pieces % 8 else b""))
            writer.write(struct.pack("!IB", 1 + len(bits), 5) + bits)
        while True:
            length = struct.unpack("!I", await reader.readexactly(4))[0]
            if length == 0:
                continue
            message = await reader.readexactly(length)
            if message[0] == 2:
                writer.write(struct.pack("!IB", 1, 1))
            elif message[0] == 6:
                await self.give(writer, *struct.unpack("!III", message[1:13]))

    async def give(self, writer, piece, offset, length):
        self.asked.append([piece, offset, length])
        self.moments.append(time.monotonic())
        begin = piece * self.info.piece_length() + offset
        block = self.data[begin:begin + length].ljust(length, b"\0")
        self.given += 1
        if self.a.poison and self.given % self.a.poison == 0:
            block = bytes([block[0] ^ 0xFF]) + block[1:]
        if self.a.rate:
            await asyncio.sleep(length / self.a.rate)
        writer.write(struct.pack("!IBII", 9 + length, 7, piece, offset) + block)
        await writer.drain()


async def run(a):
    info = lt.torrent_info(a.torrent)
    hashes = info.info_hashes()
    a.hashes = [h for h, has in ((hashes.v1.to_bytes(), hashes.has_v1()), (hashes.v2.to_bytes()[:20], hashes.has_v2())) if has]
    with open(a.data, "rb") as file:
        data = file.read()
    seeds, endpoints = [], []
    for index in range(a.count):
        address = f"{a.bind}{index + 1}"
        seed = Seed(a, info, data, address)
        server = await asyncio.start_server(seed.serve, address, 0)
        seeds.append((seed, server))
        endpoints.append("%s:%d" % server.sockets[0].getsockname())
    print(json.dumps({"endpoints": endpoints}), flush=True)
    over = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, over.set)
    try:
        await asyncio.wait_for(over.wait(), a.timeout)
    except asyncio.TimeoutError:
        pass
    moments = sorted(moment for seed, _ in seeds for moment in seed.moments)
    span = moments[-1] - moments[0] if moments else 0
    print(json.dumps({"asked": {seed.address: seed.asked for seed, _ in seeds}, "span": span}), flush=True)


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--torrent", required=True)
    p.add_argument("--data", required=True, help="the torrent's one file")
    p.add_argument("--bind", required=True, help="the beginning of the addresses: 127.70.0. for 127.70.0.1 and on")
    p.add_argument("--count", type=int, default=1)
    p.add_argument("--poison", type=int, default=0, help="of so many blocks one is wrong")
    p.add_argument("--rate", type=int, default=0, help="bytes a second of each seed")
    p.add_argument("--timeout", type=float, default=240)
    asyncio.run(run(p.parse_args()))


if __name__ == "__main__":
    main()
