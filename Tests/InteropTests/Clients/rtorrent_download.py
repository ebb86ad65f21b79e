#!/usr/bin/python3
"""Downloads with rTorrent as a daemon, which finds peers through the torrent's trackers."""
import os

import common

CONFIG = """
system.daemon.set = true
session.path.set = "{state}/session"
directory.default.set = "{to}"
network.bind_address.set = {bind}
network.port_range.set = {port}
network.port_random.set = yes
dht.mode.set = off
protocol.pex.set = no
trackers.use_udp.set = yes
network.scgi.open_local = "{state}/scgi.sock"
method.set_key = event.download.finished, tell, "execute.nothrow=/bin/sh,-c,\\"echo done > {state}/finished\\""
schedule2 = add, 0, 0, ((load.start, "{torrent}"))
"""


def main():
    p = common.parser(__doc__)
    p.add_argument("--port", default="6881-6999", help="listen ports")
    a = p.parse_args()
    os.makedirs(a.to, exist_ok=True)
    deadline = common.Deadline(a.timeout)
    with common.Client("rtorrent") as client:
        os.mkdir(client.path("session"))
        finished = client.fifo("finished")
        config = client.path("rtorrent.rc")
        with open(config, "w", encoding="utf-8") as file:
            file.write(CONFIG.format(
                state=client.state, to=os.path.abspath(a.to), bind=a.bind, port=a.port, torrent=os.path.abspath(a.torrent)))
        client.start(["rtorrent", "-n", "-o", f"import={config}"])
        ok = client.wait_fifo(finished, deadline)
        common.report("rtorrent", ok, deadline, exit_code=client.process.poll(), log=client.tail())


if __name__ == "__main__":
    main()
