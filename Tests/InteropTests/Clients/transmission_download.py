#!/usr/bin/python3
"""Downloads with transmission-daemon, which finds peers through the torrent's trackers and dials none on loopback."""
import base64
import json
import os
import time
import urllib.error
import urllib.request

import common


class Rpc:
    """The daemon's JSON-RPC, with its session id."""

    def __init__(self, port):
        self.url = f"http://127.0.0.1:{port}/transmission/rpc"
        self.session = ""

    def call(self, method, **arguments):
        body = json.dumps({"method": method, "arguments": arguments}).encode()
        for _ in range(2):
            request = urllib.request.Request(self.url, body, {"X-Transmission-Session-Id": self.session})
            try:
                with urllib.request.urlopen(request, timeout=10) as reply:
                    return json.load(reply)
            except urllib.error.HTTPError as error:
                if error.code != 409:
                    raise
                self.session = error.headers["X-Transmission-Session-Id"]
        raise OSError("the daemon keeps changing its session id")

    def wait(self, client, deadline):
        """Waits until the daemon answers."""
        while True:
            try:
                return self.call("session-get")
            except OSError:
                if deadline.passed or client.process.poll() is not None:
                    raise
                time.sleep(0.02)


def settings(a, client):
    return {
        "bind-address-ipv4": a.bind, "bind-address-ipv6": a.bind6, "peer-port": a.port, "peer-port-random-on-start": a.port == 0,
        "port-forwarding-enabled": False, "dht-enabled": False, "lpd-enabled": False, "pex-enabled": False, "utp-enabled": False,
        "download-dir": os.path.abspath(a.to), "incomplete-dir-enabled": False, "rename-partial-files": False,
        "rpc-enabled": True, "rpc-port": a.rpc_port, "rpc-bind-address": "127.0.0.1", "rpc-whitelist-enabled": False,
        "script-torrent-done-enabled": True, "script-torrent-done-filename": client.path("done"), "message-level": 2,
    }


def prepare(a, client):
    os.makedirs(client.path("config"))
    with open(client.path("config", "settings.json"), "w", encoding="utf-8") as file:
        json.dump(settings(a, client), file)
    with open(client.path("done"), "w", encoding="utf-8") as file:
        file.write(f"#!/bin/sh\necho done > {client.path('finished')}\n")
    os.chmod(client.path("done"), 0o755)


def add(rpc, a):
    if a.torrent:
        with open(a.torrent, "rb") as file:
            return rpc.call("torrent-add", metainfo=base64.b64encode(file.read()).decode())
    return rpc.call("torrent-add", filename=a.magnet)


def main():
    p = common.parser(__doc__)
    p.add_argument("--bind6", default="::1", help="the client's own IPv6 address")
    p.add_argument("--port", type=int, default=51413, help="listen port")
    p.add_argument("--rpc-port", type=int, default=9091)
    a = p.parse_args()
    os.makedirs(a.to, exist_ok=True)
    deadline = common.Deadline(a.timeout)
    with common.Client("transmission") as client:
        prepare(a, client)
        finished = client.fifo("finished")
        client.start(["transmission-daemon", "-f", "-g", client.path("config")])
        rpc = Rpc(a.rpc_port)
        rpc.wait(client, deadline)
        added = add(rpc, a)
        ok = added.get("result") == "success" and client.wait_fifo(finished, deadline)
        fields = ["name", "hashString", "percentDone", "errorString", "corruptEver", "downloadedEver", "trackerStats", "peers"]
        state = rpc.call("torrent-get", fields=fields) if client.process.poll() is None else {}
        torrents = state.get("arguments", {}).get("torrents", [])
        common.report("transmission", ok, deadline, added=added.get("result"), torrents=torrents, log="" if ok else client.tail())


if __name__ == "__main__":
    main()
