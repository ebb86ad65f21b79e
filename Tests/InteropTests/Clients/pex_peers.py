#!/usr/bin/python3
"""Two libtorrent sessions that are told of one node alone: do they come to know each other? Downloads are slow, so that nobody is done."""
import json
import os

import libtorrent as lt

import common
from libtorrent_download import endpoint, session


def join(a, index):
    bind = f"127.{a.block}.0.{index + 1}"
    ours = session(bind, True)
    params = lt.add_torrent_params()
    params.ti = lt.torrent_info(a.torrent)
    params.peers = [endpoint(a.peer)]
    # The torrent's own limit: the session's does not hold for peers on loopback.
    params.download_limit = 20_000
    params.save_path = os.path.join(a.to, str(index))
    os.makedirs(params.save_path, exist_ok=True)
    params.flags &= ~(lt.torrent_flags.auto_managed | lt.torrent_flags.paused)
    return bind, ours, ours.add_torrent(params)


def main():
    p = common.parser(__doc__)
    p.add_argument("--peer", required=True, help="HOST:PORT of the node")
    p.add_argument("--block", type=int, required=True, help="second byte of the sessions' addresses")
    a = p.parse_args()
    deadline = common.Deadline(a.timeout)
    first, second = join(a, 0), join(a, 1)
    sources = set()
    while not deadline.passed and not sources:
        for _, ours, handle in (first, second):
            ours.wait_for_alert(20)
            ours.pop_alerts()
            for peer in handle.get_peer_info():
                if peer.ip[0] in (first[0], second[0]) and peer.source & lt.peer_info.pex:
                    sources.add(peer.ip[0])
    connected = sum(len([p for p in h.get_peer_info() if not p.flags & (lt.peer_info.handshake | lt.peer_info.connecting)]) for _, _, h in (first, second))
    print(json.dumps({"met": sorted(sources), "connected": connected}))


if __name__ == "__main__":
    main()
