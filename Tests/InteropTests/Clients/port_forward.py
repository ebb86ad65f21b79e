#!/usr/bin/python3
"""Forwards TCP connections, as a router or a container's host does: to another address and port, from an address of its own."""
import argparse
import asyncio


def place(text):
    host, port = text.rsplit(":", 1)
    return host, int(port)


async def pump(reader, writer, counts, way):
    try:
        while data := await reader.read(1 << 16):
            counts[way] += len(data)
            writer.write(data)
            await writer.drain()
        writer.write_eof()
    except OSError:
        writer.close()


async def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--listen", type=place, required=True, help="HOST:PORT")
    p.add_argument("--to", type=place, required=True, help="HOST:PORT")
    p.add_argument("--source", required=True, help="the address that connections are made from")
    a = p.parse_args()

    async def forward(reader, writer):
        counts = {"in": 0, "out": 0}
        try:
            inner_reader, inner_writer = await asyncio.open_connection(*a.to, local_addr=(a.source, 0))
            await asyncio.gather(pump(reader, inner_writer, counts, "in"), pump(inner_reader, writer, counts, "out"))
            inner_writer.close()
        except OSError:
            pass
        writer.close()
        print(f"forwarded {counts['in']} in, {counts['out']} out", flush=True)

    server = await asyncio.start_server(forward, *a.listen)
    print("listening", flush=True)
    async with server:
        await server.serve_forever()


asyncio.run(main())
