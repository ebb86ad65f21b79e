#!/usr/bin/python3
"""Two libtorrent sessions, a seed and a leecher, that are told of nobody: they find each other through the torrent's trackers.

With --block an address is out of bounds for the leecher: what it gets it has from the seed."""
import libtorrent as lt

import common
import libtorrent_download as driver


def add(session, a, folder, seed):
    params = lt.add_torrent_params()
    params.ti = lt.torrent_info(a.torrent, driver.LIMITS)
    params.save_path = folder
    params.flags &= ~lt.torrent_flags.auto_managed
    params.flags &= ~lt.torrent_flags.paused
    if seed:
        params.flags |= lt.torrent_flags.seed_mode
    return session.add_torrent(params)


def main():
    p = common.parser(__doc__)
    p.add_argument("--seed", required=True, help="the folder that holds the data")
    p.add_argument("--seed-bind", default="127.0.0.2", help="the seed's own address")
    p.add_argument("--block", help="an address that the leecher must not speak to as to a peer")
    a = p.parse_args()
    deadline = common.Deadline(a.timeout)
    seeds, leeches = driver.session(a.seed_bind, False), driver.session(a.bind, False)
    if a.block:
        blocked = lt.ip_filter()
        blocked.add_rule(a.block, a.block, 1)
        leeches.apply_settings({"apply_ip_filter_to_trackers": False})
        leeches.set_ip_filter(blocked)
    seed = add(seeds, a, a.seed, True)
    # The seed has announced itself before the leecher asks.
    errors = []
    announced = False
    while not deadline.passed and not announced:
        seeds.wait_for_alert(50)
        for alert in seeds.pop_alerts():
            announced = announced or isinstance(alert, lt.tracker_reply_alert)
            if isinstance(alert, lt.tracker_error_alert):
                errors.append(alert.message())
    leech = add(leeches, a, a.to, False) if announced else None
    while leech and not deadline.passed and not leech.status().is_seeding:
        leeches.wait_for_alert(50)
        for alert in leeches.pop_alerts():
            if isinstance(alert, lt.tracker_error_alert):
                errors.append(alert.message())
    ok = bool(leech) and leech.status().is_seeding
    payload = seed.status().total_payload_upload
    if leech:
        leech.flush_cache()
        leeches.pause()
    seeds.pause()
    common.report("libtorrent", ok, deadline, payload=payload, announced=announced, errors=errors[:20])


main()
