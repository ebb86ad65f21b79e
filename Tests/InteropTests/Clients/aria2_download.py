#!/usr/bin/python3
"""Downloads with aria2c, which finds peers through the torrent's trackers."""
import os
import subprocess

import common


def arguments(a, client):
    return [
        "aria2c", "--no-conf=true", f"--dir={os.path.abspath(a.to)}", f"--interface={a.bind}", f"--listen-port={a.port}", "--seed-time=0",
        "--enable-dht=false", "--enable-dht6=false", f"--dht-file-path={client.path('dht.dat')}", "--bt-enable-lpd=false",
        "--enable-peer-exchange=false", "--file-allocation=none", "--summary-interval=0", "--console-log-level=notice",
        "--async-dns=false", "--follow-torrent=mem", "--bt-tracker-connect-timeout=5", "--bt-tracker-timeout=5",
        os.path.abspath(a.torrent) if a.torrent else a.magnet,
    ]


def main():
    p = common.parser(__doc__)
    p.add_argument("--port", default="6881-6999", help="listen ports")
    a = p.parse_args()
    os.makedirs(a.to, exist_ok=True)
    deadline = common.Deadline(a.timeout)
    with common.Client("aria2") as client:
        client.start(arguments(a, client))
        try:
            code = client.process.wait(deadline.left)
        except subprocess.TimeoutExpired:
            code = None
        common.report("aria2", code == 0, deadline, exit_code=code, log=client.tail())


main()
