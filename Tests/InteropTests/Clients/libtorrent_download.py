#!/usr/bin/python3
"""Downloads with libtorrent: from peers that it is told of, or found through the torrent's trackers; one session or many at once.

Many sessions each have a loopback address of their own (127.BLOCK.0.N) and a folder of their own (DIR/N)."""
import fnmatch
import os
import time

import libtorrent as lt

import common

DISCOVERY_OFF = {"enable_dht": False, "enable_lsd": False, "enable_upnp": False, "enable_natpmp": False}
# Torrents of many files are longer than what libtorrent takes where it is not told otherwise.
LIMITS = {"max_buffer_size": 64 << 20, "max_pieces": 1 << 22, "max_decode_tokens": 1 << 24}
UTP_OFF = {"enable_incoming_utp": False, "enable_outgoing_utp": False}
CATEGORIES = (lt.alert.category_t.error_notification | lt.alert.category_t.peer_notification | lt.alert.category_t.status_notification
              | lt.alert.category_t.storage_notification | lt.alert.category_t.connect_notification | lt.alert.category_t.tracker_notification)


def session(bind, many, insist=False):
    """A session as stock as can be (encryption policy and all); only what looks for strangers is off, and uTP, which we do not speak."""
    host = f"[{bind}]" if ":" in bind else bind
    settings = {**DISCOVERY_OFF, **UTP_OFF, "listen_interfaces": f"{host}:0", "alert_mask": CATEGORIES, "alert_queue_size": 20000,
                "outgoing_interfaces": bind,
                "allow_multiple_connections_per_ip": True, "stop_tracker_timeout": 2}
    if insist:
        settings["min_reconnect_time"] = 1
    if many:
        settings.update({"aio_threads": 1, "hashing_threads": 1})
    return lt.session(settings)


def torrent(a, folder):
    """What to add: the torrent file with its priorities, or the magnet link."""
    params = lt.parse_magnet_uri(a.magnet) if a.magnet else lt.add_torrent_params()
    if a.torrent:
        params.ti = lt.torrent_info(a.torrent, LIMITS)
    if a.only:
        files = params.ti.files()
        params.file_priorities = [4 if fnmatch.fnmatch(files.file_path(i), a.only) else 0 for i in range(files.num_files())]
    if a.peer:
        params.peers = [endpoint(p) for p in a.peer]
    params.save_path = folder
    params.flags &= ~lt.torrent_flags.auto_managed
    params.flags &= ~lt.torrent_flags.paused
    return params


def endpoint(text):
    host, port = text.rsplit(":", 1)
    return host.strip("[]"), int(port)


class Download:
    """One session with one torrent, and what was seen of it."""

    def __init__(self, a, index):
        many = a.sessions > 1
        self.a = a
        self.bind = f"127.{a.block}.0.{index + 1}" if many else a.bind
        self.folder = os.path.join(a.to, str(index)) if many else a.to
        os.makedirs(self.folder, exist_ok=True)
        self.session = session(self.bind, many, a.insist)
        self.handle = self.session.add_torrent(torrent(a, self.folder))
        if a.rate:
            self.handle.set_download_limit(a.rate)
        if a.insist:
            # A torrent learns of it by a change alone.
            self.session.apply_settings({"max_failcount": 31})
        self.insisted = 0.0
        self.errors, self.hash_failures, self.metadata, self.disconnects = [], 0, False, 0
        self.was_unchoked, self.choked_again, self.waited_choked = False, False, False
        self.finished, self.flushed = False, False

    @property
    def done(self):
        return self.flushed

    def pump(self):
        """Takes what the session says next; waits a moment for it."""
        self.session.wait_for_alert(20)
        for alert in self.session.pop_alerts():
            self.take(alert)
        self.look_at_choking()
        self.insist()

    def insist(self):
        """Goes back to peers that have left, once a second."""
        if self.a.insist and time.monotonic() - self.insisted > 1 and not self.finished:
            self.insisted = time.monotonic()
            if not self.handle.get_peer_info():
                for peer in self.a.peer:
                    self.handle.connect_peer(endpoint(peer))

    def take(self, alert):
        if isinstance(alert, lt.torrent_finished_alert):
            self.finished = True
            self.handle.flush_cache()
        elif isinstance(alert, lt.cache_flushed_alert):
            self.flushed = self.finished
        elif isinstance(alert, lt.metadata_received_alert):
            self.metadata = True
        elif isinstance(alert, lt.hash_failed_alert):
            self.hash_failures += 1
        elif isinstance(alert, lt.peer_disconnected_alert):
            self.disconnects += 1
            self.note(alert)
        elif alert.category() & lt.alert.category_t.error_notification:
            self.note(alert)

    def note(self, alert):
        if len(self.errors) < 20:
            self.errors.append(alert.message())

    def look_at_choking(self):
        """Whether the other side choked us while we wanted data, after it had let us in or before."""
        if not self.a.watch_choking or self.finished:
            return
        for peer in self.handle.get_peer_info():
            if peer.flags & (lt.peer_info.handshake | lt.peer_info.connecting):
                continue
            choked = bool(peer.flags & lt.peer_info.remote_choked)
            interested = bool(peer.flags & lt.peer_info.interesting)
            self.waited_choked |= choked and interested
            self.choked_again |= choked and interested and self.was_unchoked
            self.was_unchoked |= not choked

    def summary(self):
        status = self.handle.status()
        hashes = self.handle.info_hashes()
        return {
            "bind": self.bind, "folder": self.folder, "finished": self.finished, "metadata_received": self.metadata,
            "info_hash_v1": str(hashes.v1) if hashes.has_v1() else None, "info_hash_v2": str(hashes.v2) if hashes.has_v2() else None,
            "payload": status.total_payload_download, "wanted": status.total_wanted, "done": status.total_wanted_done,
            "hash_failures": self.hash_failures, "disconnects": self.disconnects, "errors": self.errors,
            "waited_choked": self.waited_choked, "choked_again": self.choked_again,
        }


def options():
    p = common.parser(__doc__)
    p.add_argument("--peer", action="append", default=[], help="HOST:PORT to dial; may be repeated")
    p.add_argument("--only", help="a glob of paths: no other file is asked for")
    p.add_argument("--sessions", type=int, default=1, help="clients at once, each with a loopback address of its own")
    p.add_argument("--block", type=int, default=50, help="second byte of those addresses")
    p.add_argument("--mesh", action="store_true", help="tell the clients of each other")
    p.add_argument("--watch-choking", action="store_true", help="record whether the other side choked us")
    p.add_argument("--rate", type=int, default=0, help="bytes a second that are asked for; 0: as fast as they come")
    p.add_argument("--insist", action="store_true", help="dial peers that have left, or are not there yet, again and again")
    return p.parse_args()


def main():
    a = options()
    deadline = common.Deadline(a.timeout)
    downloads = [Download(a, i) for i in range(a.sessions)]
    if a.mesh:
        for i, download in enumerate(downloads):
            for other in downloads[:i]:
                download.handle.connect_peer((other.bind, other.session.listen_port()))
    while not deadline.passed:
        waiting = [d for d in downloads if not d.done]
        if not waiting:
            break
        for download in waiting:
            download.pump()
    summaries = [d.summary() for d in downloads]
    ok = all(d.flushed for d in downloads)
    for download in downloads:
        download.session.pause()
    common.report("libtorrent", ok, deadline, version=lt.version, finished=sum(d.flushed for d in downloads), sessions=summaries)


if __name__ == "__main__":
    main()
