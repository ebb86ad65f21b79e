#!/usr/bin/python3
"""Downloads the same torrent again and again with many libtorrent clients, and meanwhile connects to the node all the time.

Goes on until a file appears and so many downloads have come to their end; says what came of them. Each client has a loopback address of its own."""
import hashlib
import os
import shutil
import socket
import threading
import time

import libtorrent as lt

import common
from libtorrent_download import DISCOVERY_OFF, UTP_OFF, endpoint


class Tally:
    """What all threads have seen, together."""

    def __init__(self):
        self.lock = threading.Lock()
        self.right, self.wrong, self.connects, self.losses = 0, 0, 0, 0
        self.refused = []

    def add(self, **counts):
        with self.lock:
            for name, count in counts.items():
                setattr(self, name, getattr(self, name) + count)


def session(bind, rate):
    return lt.session({
        **DISCOVERY_OFF, **UTP_OFF, "listen_interfaces": f"{bind}:0", "outgoing_interfaces": bind, "download_rate_limit": rate,
        "allow_multiple_connections_per_ip": True, "min_reconnect_time": 1, "aio_threads": 1, "hashing_threads": 1,
        "alert_mask": lt.alert.category_t.peer_notification | lt.alert.category_t.connect_notification})


def digest(path):
    with open(path, "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()


def download(ses, a, info, folder, tally, deadline):
    """One download from nothing to its last byte."""
    params = lt.add_torrent_params()
    params.ti, params.save_path = info, folder
    params.flags &= ~(lt.torrent_flags.auto_managed | lt.torrent_flags.paused)
    handle = ses.add_torrent(params)
    dialed = 0.0
    while not handle.status().is_seeding and not deadline.passed:
        # A client of a fleet would be told of the node by its tracker again.
        if handle.status().num_peers == 0 and time.monotonic() - dialed > 0.3:
            handle.connect_peer(endpoint(a.peer))
            dialed = time.monotonic()
        ses.wait_for_alert(50)
        tally.add(losses=sum(isinstance(alert, lt.peer_disconnected_alert) for alert in ses.pop_alerts()))
    whole = handle.status().is_seeding
    ses.remove_torrent(handle)
    return whole


def work(a, index, info, tally, deadline):
    ses = session(f"127.60.0.{index + 1}", a.rate)
    while not deadline.passed and not (os.path.exists(a.until) and tally.right >= a.downloads):
        folder = os.path.join(a.to, str(index))
        os.makedirs(folder, exist_ok=True)
        whole = download(ses, a, info, folder, tally, deadline)
        right = whole and digest(os.path.join(folder, info.name())) == a.sha256
        tally.add(right=int(right), wrong=int(whole and not right))
        shutil.rmtree(folder)


def probe(a, tally, deadline, over):
    """Connects and goes, all the time: nobody may be refused."""
    while not over.is_set() and not deadline.passed:
        try:
            with socket.create_connection(endpoint(a.peer), timeout=30, source_address=("127.60.1.1", 0)):
                tally.add(connects=1)
        except OSError as error:
            with tally.lock:
                tally.refused.append(str(error))
        time.sleep(0.004)


def main():
    p = common.parser(__doc__)
    p.add_argument("--peer", required=True, help="HOST:PORT of the node")
    p.add_argument("--sha256", required=True, help="what the file must be")
    p.add_argument("--until", required=True, help="the file whose appearance ends it")
    p.add_argument("--clients", type=int, default=10)
    p.add_argument("--downloads", type=int, default=100, help="at least so many")
    p.add_argument("--rate", type=int, default=0, help="bytes a second of each client; 0 for no limit")
    a = p.parse_args()
    deadline, tally, over = common.Deadline(a.timeout), Tally(), threading.Event()
    info = lt.torrent_info(a.torrent)
    workers = [threading.Thread(target=work, args=(a, index, info, tally, deadline)) for index in range(a.clients)]
    prober = threading.Thread(target=probe, args=(a, tally, deadline, over))
    for thread in workers + [prober]:
        thread.start()
    for thread in workers:
        thread.join()
    over.set()
    prober.join()
    ok = tally.right >= a.downloads and not tally.wrong and not tally.refused
    common.report(
        "libtorrent", ok, deadline, right=tally.right, wrong=tally.wrong, connects=tally.connects, losses=tally.losses, refused=tally.refused[:5])


main()
