#!/usr/bin/python3
"""Sessions of libtorrent with SSL torrents, all at once: each with a torrent, a certificate, an address of its own, and peers or none.

The plan (JSON) lists them. One that has `peers` or `dials` connects, the others wait to be dialed; `listening` is printed when all of them
can be. The run ends when every leecher has all data, or has been refused and a moment has passed, or the time is over."""
import argparse
import json
import os
import time

import libtorrent as lt

import common

CATEGORIES = (lt.alert.category_t.error_notification | lt.alert.category_t.peer_notification | lt.alert.category_t.status_notification
              | lt.alert.category_t.storage_notification | lt.alert.category_t.connect_notification)
SSL_SOCKET = 1 << 18


def session(plan):
    """As stock as can be; only what looks for strangers is off, and uTP, which would be tried first."""
    suffix = "" if plan.get("plain") else "s"
    return lt.session({
        "enable_dht": False, "enable_lsd": False, "enable_upnp": False, "enable_natpmp": False, "enable_incoming_utp": False,
        "enable_outgoing_utp": False, "listen_interfaces": f"{plan['bind']}:{plan.get('port', 0)}{suffix}", "outgoing_interfaces": plan["bind"],
        "allow_multiple_connections_per_ip": True, "alert_mask": CATEGORIES, "alert_queue_size": 20000, "aio_threads": 1, "hashing_threads": 1,
        "download_rate_limit": plan.get("rate", 0)})


class Member:
    """One session with its torrent, and what was seen of it."""

    def __init__(self, plan):
        self.plan, self.name = plan, plan["name"]
        self.errors, self.port, self.disconnects = [], 0, 0
        self.finished = self.flushed = self.connected = False
        self.refused_at, self.begun = None, time.monotonic()
        self.session = session(plan)
        self.handle = self.add()

    def add(self):
        params = lt.add_torrent_params()
        params.ti = lt.torrent_info(self.plan["torrent"])
        params.save_path = self.plan["to"]
        params.flags &= ~lt.torrent_flags.auto_managed
        params.flags |= lt.torrent_flags.paused
        if self.plan.get("seeds"):
            params.flags |= lt.torrent_flags.seed_mode
        os.makedirs(self.plan["to"], exist_ok=True)
        handle = self.session.add_torrent(params)
        if self.plan.get("certificate"):
            handle.set_ssl_certificate(
                self.plan["certificate"], self.plan["key"], self.plan.get("parameters", ""), self.plan.get("passphrase", ""))
        handle.resume()
        return handle

    def dial(self, members):
        for peer in self.plan.get("peers") or []:
            host, port = peer.rsplit(":", 1)
            self.handle.connect_peer((host, int(port)))
        if self.plan.get("dials"):
            other = members[self.plan["dials"]]
            self.handle.connect_peer((other.plan["bind"], other.port))

    @property
    def is_over(self):
        grace, patience = self.plan.get("grace", 1), self.plan.get("patience", 0)
        if patience and not self.finished and time.monotonic() > self.begun + patience:
            return True
        return bool(self.plan.get("seeds")) or self.flushed or (self.refused_at is not None and time.monotonic() > self.refused_at + grace)

    def pump(self):
        for alert in self.session.pop_alerts():
            self.take(alert)

    def take(self, alert):
        if isinstance(alert, lt.listen_succeeded_alert):
            self.port = self.port or alert.port
        elif isinstance(alert, lt.torrent_finished_alert) and not self.plan.get("seeds"):
            self.finished = True
            self.handle.flush_cache()
        elif isinstance(alert, lt.cache_flushed_alert):
            self.flushed = self.finished
        elif isinstance(alert, (lt.peer_disconnected_alert, lt.peer_error_alert)):
            self.disconnects += 1
            self.refused_at = self.refused_at or time.monotonic()
            self.note(alert)
        elif alert.category() & lt.alert.category_t.error_notification:
            self.note(alert)

    def note(self, alert):
        if len(self.errors) < 20:
            self.errors.append(f"{type(alert).__name__}: {alert.message()}")

    def summary(self):
        status = self.handle.status()
        peers = self.handle.get_peer_info()
        return {
            "name": self.name, "folder": self.plan["to"], "finished": self.flushed, "payload": status.total_payload_download,
            "uploaded": status.total_payload_upload, "wanted": status.total_wanted, "disconnects": self.disconnects, "errors": self.errors,
            "secured": any(peer.flags & SSL_SOCKET for peer in peers), "port": self.port}


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--plan", required=True, help="the JSON file")
    p.add_argument("--timeout", type=float, default=30)
    a = p.parse_args()
    with open(a.plan, encoding="utf-8") as file:
        plan = json.load(file)
    deadline = common.Deadline(a.timeout)
    members = {entry["name"]: Member(entry) for entry in plan["members"]}

    def pump_until(condition):
        while not deadline.passed and not condition():
            time.sleep(0.01)
            for member in members.values():
                member.pump()

    pump_until(lambda: all(member.port for member in members.values()))
    print("listening", flush=True)
    for member in members.values():
        member.dial(members)
    pump_until(lambda: all(member.is_over for member in members.values()))
    summaries = [member.summary() for member in members.values()]
    leechers = [member for member in members.values() if not member.plan.get("seeds")]
    report = {"ok": all(member.flushed for member in leechers), "seconds": deadline.elapsed, "version": lt.version, "members": summaries}
    print(json.dumps(report), flush=True)
    # Sessions that are taken down in order wait for each other's goodbyes.
    os._exit(0)


main()
