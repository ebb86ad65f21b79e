#!/usr/bin/python3
"""Seeds one torrent with a stock client, from data that is there: says so in one line of JSON when it does, and stays until it is told to end."""
import base64
import json
import os
import signal
import socket
import sys
import time

import common


def libtorrent(a, client, deadline):
    import libtorrent as lt
    import libtorrent_download as driver
    session = lt.session({**driver.DISCOVERY_OFF, **driver.UTP_OFF, "listen_interfaces": f"{a.bind}:{a.port}", "outgoing_interfaces": a.bind,
                          "upload_rate_limit": a.rate, "rate_limit_ip_overhead": False, "allow_multiple_connections_per_ip": True,
                          "ignore_limits_on_local_network": False, "stop_tracker_timeout": 2})
    # Else loopback knows no limit.
    everybody = lt.ip_filter()
    everybody.add_rule("0.0.0.0", "255.255.255.255", 1 << int(session.global_peer_class_id))
    session.set_peer_class_filter(everybody)
    params = lt.add_torrent_params()
    params.ti = lt.torrent_info(a.torrent, driver.LIMITS)
    params.save_path = a.data
    params.flags &= ~(lt.torrent_flags.auto_managed | lt.torrent_flags.paused)
    handle = session.add_torrent(params)
    while not handle.status().is_seeding and not deadline.passed:
        session.wait_for_alert(20)
        session.pop_alerts()
    return handle.status().is_seeding, session


def aria2(a, client, deadline):
    client.start([
        "aria2c", "--no-conf=true", f"--dir={os.path.abspath(a.data)}", f"--interface={a.bind}", f"--listen-port={a.port}",
        "--seed-ratio=0.0", "--check-integrity=true", "--bt-hash-check-seed=true", "--enable-dht=false", "--enable-dht6=false",
        f"--dht-file-path={client.path('dht.dat')}", "--bt-enable-lpd=false", "--enable-peer-exchange=false", "--file-allocation=none",
        "--summary-interval=0", "--async-dns=false", "--bt-tracker-connect-timeout=5", "--bt-tracker-timeout=5", os.path.abspath(a.torrent)])
    return listening(a, client, deadline, "0.0.0.0"), None


def rtorrent(a, client, deadline):
    os.mkdir(client.path("session"))
    config = client.path("rtorrent.rc")
    with open(config, "w", encoding="utf-8") as file:
        file.write(f"""
system.daemon.set = true
session.path.set = "{client.state}/session"
directory.default.set = "{os.path.abspath(a.data)}"
network.bind_address.set = {a.bind}
network.port_range.set = {a.port}-{a.port}
network.port_random.set = no
dht.mode.set = off
protocol.pex.set = no
trackers.use_udp.set = yes
network.scgi.open_local = "{client.state}/scgi.sock"
method.set_key = event.download.finished, tell, "execute.nothrow=/bin/sh,-c,\\"echo done > {client.state}/finished\\""
schedule2 = add, 0, 0, ((load.start, "{os.path.abspath(a.torrent)}"))
""")
    client.start(["rtorrent", "-n", "-o", f"import={config}"])
    return listening(a, client, deadline, a.bind), None


def transmission(a, client, deadline):
    import transmission_download as driver
    a.bind6, a.to = "::1", a.data
    driver.prepare(a, client)
    client.start(["transmission-daemon", "-f", "-g", client.path("config")])
    rpc = driver.Rpc(a.rpc_port)
    rpc.wait(client, deadline)
    with open(a.torrent, "rb") as file:
        rpc.call("torrent-add", metainfo=base64.b64encode(file.read()).decode())
    while not deadline.passed:
        torrents = rpc.call("torrent-get", fields=["percentDone", "status"])["arguments"]["torrents"]
        if torrents and torrents[0]["percentDone"] == 1 and torrents[0]["status"] == 6:
            return listening(a, client, deadline, a.bind), None
        time.sleep(0.05)
    return False, None


def listening(a, client, deadline, host):
    """Whether the client takes connections."""
    host = a.bind if host == "0.0.0.0" else host
    while not deadline.passed and client.process.poll() is None:
        try:
            socket.create_connection((host, a.port), timeout=1).close()
            return True
        except OSError:
            time.sleep(0.03)
    return False


def main():
    p = common.parser(__doc__)
    p.add_argument("--client", required=True, choices=["libtorrent", "aria2", "rtorrent", "transmission"])
    p.add_argument("--data", required=True, help="the folder that holds the torrent's file or folder")
    p.add_argument("--port", type=int, required=True)
    p.add_argument("--rpc-port", type=int, default=9091)
    p.add_argument("--rate", type=int, default=0, help="bytes a second that are given at most (libtorrent only)")
    a = p.parse_args()
    deadline = common.Deadline(a.timeout)
    with common.Client(a.client) as client:
        ok, kept = globals()[a.client](a, client, deadline)
        print(json.dumps({"ok": ok, "log": "" if ok else client.tail()}), flush=True)
        if not ok:
            sys.exit(1)
        signal.sigwait([signal.SIGTERM, signal.SIGINT])
        del kept


if __name__ == "__main__":
    main()
