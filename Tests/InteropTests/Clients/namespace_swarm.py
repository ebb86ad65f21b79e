"""A closed swarm in network namespaces, over links of equal rates: one origin with catalogue and tracker, replicas that follow it, one more in a
forbidden zone. Everything is over TLS with certificates on both sides, and peers prove themselves by auth besides.

Prints a JSON document a line: how long until the last replica has the artifact, beside the fluid bound, and beside libtorrent nodes (which speak
plain, and find each other by opentracker) in the same namespaces; how many copies the origin has sent; the CPU seconds of all; what the forbidden
one got, and what the origin's journal says of it. Needs root, network namespaces and the kernel's tbf.
"""
import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

FAMILY = "granary-swarm-"
PREFIX = f"{FAMILY}{os.getpid()}"
HUB = f"{PREFIX}-hub"


def run(*command, **options):
    return subprocess.run(command, check=True, capture_output=True, text=True, **options).stdout


class Network:
    """A switch and links to it, each shaped in both directions."""

    def __init__(self, addresses):
        self.addresses = addresses

    def open(self, rate, burst):
        self.close()
        run("ip", "netns", "add", HUB)
        run("ip", "-n", HUB, "link", "add", "switch", "type", "bridge")
        run("ip", "-n", HUB, "link", "set", "switch", "up")
        for index, address in enumerate(self.addresses):
            self.add(index, address, rate, burst)

    def add(self, index, address, rate, burst):
        name, port = f"{PREFIX}-{index}", f"port{index}"
        run("ip", "netns", "add", name)
        run("ip", "-n", HUB, "link", "add", "name", port, "type", "veth", "peer", "name", "link0", "netns", name)
        run("ip", "-n", HUB, "link", "set", port, "master", "switch", "up")
        run("ip", "-n", name, "address", "add", f"{address}/16", "dev", "link0")
        for link in ("lo", "link0"):
            run("ip", "-n", name, "link", "set", link, "up")
        for namespace, device in ((HUB, port), (name, "link0")):
            shape = ("rate", f"{rate * 8}bit", "burst", str(burst), "limit", str(256 << 10))
            run("tc", "-n", namespace, "qdisc", "add", "dev", device, "root", "tbf", *shape)

    def carried(self):
        """Bytes that each node has sent, and that it was sent, as its port has them."""
        ports = {link["ifname"]: link["stats64"] for link in json.loads(run("ip", "-n", HUB, "-s", "-j", "link", "show"))}
        counts = [ports[f"port{index}"] for index in range(len(self.addresses))]
        return [count["rx"]["bytes"] for count in counts], [count["tx"]["bytes"] for count in counts]

    def close(self):
        """Deletes its namespaces, and those of earlier runs that were killed."""
        for line in run("ip", "netns", "list").splitlines():
            name = line.split()[0]
            owner = name.removeprefix(FAMILY).split("-")[0] if name.startswith(FAMILY) else None
            if owner == str(os.getpid()) or owner and not os.path.exists(f"/proc/{owner}"):
                run("ip", "netns", "delete", name)

    @staticmethod
    def inside(index, *command):
        """What runs there ends with us, however we end."""
        return ("ip", "netns", "exec", f"{PREFIX}-{index}", "setpriv", "--pdeathsig", "KILL", *command)


def wait(what, is_so, limit=60):
    deadline = time.time() + limit
    while not is_so():
        if time.time() > deadline:
            raise SystemExit(f"{what} took too long")
        time.sleep(0.05)


def cpu(pids):
    total = 0.0
    for pid in pids:
        try:
            with open(f"/proc/{pid}/stat") as file:
                fields = file.read().rsplit(")", 1)[1].split()
            total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        except OSError:
            pass
    return total


class Granary:
    name = "granary"

    def __init__(self, options, network, folder):
        self.options, self.network, self.folder, self.nodes = options, network, folder, []

    def command(self, *arguments, at=0, cwd=None):
        return run(*Network.inside(at, self.options.granary, *arguments), cwd=cwd or self.path(at))

    def path(self, index):
        return os.path.join(self.folder, f"node{index}")

    def prepare(self):
        count = len(self.network.addresses)
        pki = ("pki", "issue", "--dir", f"{self.folder}/pki")
        run(self.options.granary, "pki", "init", "--dir", f"{self.folder}/pki", "--name", "Swarm CA")
        for index in range(count):
            role = "depot" if index == 0 else "edge"
            names = ("--spiffe", f"spiffe://corp/{role}/{index}", "--dns", self.network.addresses[index])
            run(self.options.granary, *pki, f"{role}-{index}", *names)
        run(self.options.granary, "keys", "new", "--id", "fleet", "--shared", "--output", f"{self.folder}/auth.yaml")
        os.makedirs(self.path(0))
        key = json.loads(run(self.options.granary, "catalogue", "keys", "new", "catalogue.key", "--json", cwd=self.path(0)))
        for index in range(count):
            self.configure(index, key["public_key"])

    def configure(self, index, public):
        path, address, origin = self.path(index), self.network.addresses[index], self.network.addresses[0]
        os.makedirs(f"{path}/data", exist_ok=True)
        role = "depot" if index == 0 else "edge"
        lines = [
            f"node: {{ name: {role}-{index} }}", "links: tls", "https: fleet",
            f'listen: [{{ address: "{address}:6881", tls: fleet }}]',
            "tls:",
            "  fleet:",
            f"    {{ certificate: ../pki/{role}-{index}.pem, key: ../pki/{role}-{index}.key, trust: ../pki/ca.pem, revoked: ../pki/revoked.pem }}",
            "artifacts: { roots: [data] }",
            "pipeline:",
            '  - allowlist: { addresses: [10.77.0.0/24], identities: ["fleet/spiffe://corp/*/*", "tracker/key:*"] }',
            '  - auth: { keys: ../auth.yaml, required: [{ artifacts: ["app-*"] }], exempt: ["tracker/key:*"] }',
            "  - gate: { on_request: [{}], announce: [{}] }",
            "  - metadata",
            f"origins: [{origin}]",
            f'trackers: ["https://{origin}:6969/{self.key(index)}/announce"]',
        ]
        if index == 0:
            lines += [
                # Its uplink is what the swarm waits for: each piece once, until it has been passed on (BEP 16), and to so few at a time that
                # they have whole pieces soon. What it may carry is known to whoever runs it.
                'super-seeding: ["app-*"]', f"limits: {{ upload: {int(self.options.rate * 1024 * 0.9)} KiB/s }}",
                f'catalogue: {{ listen: [{{ address: "{origin}:6970", tls: fleet }}], key: catalogue.key, keys: announce.txt }}',
                f'tracker: {{ listen: [{{ address: "{origin}:6969", protocol: http, tls: fleet }}], interval: 30s, keys: announce.txt }}',
            ]
            keys = "".join(f"edge-{number} {self.key(number)}\n" for number in range(len(self.network.addresses)))
            self.write(f"{path}/announce.txt", keys)
        else:
            catalogue = f"https://{origin}:6970/{self.key(index)}/catalogue"
            lines += [f'mirror: [{{ catalogue: "{catalogue}", keys: ["{public}"], take: "app-*", keep: 1, every: 1s }}]']
        self.write(f"{path}/granary.yaml", "\n".join(lines) + "\n")

    @staticmethod
    def key(index):
        return f"{index:032x}"

    @staticmethod
    def write(path, text):
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(text)

    def start(self):
        for index in range(len(self.network.addresses)):
            with open(f"{self.path(index)}/log", "w") as log:
                command = Network.inside(index, self.options.granary, "run")
                self.nodes.append(subprocess.Popen(command, cwd=self.path(index), stdout=log, stderr=log))
            # The others look for its catalogue at once.
            if index == 0:
                wait("the origin's start", lambda: self.is_ready(0))
        for index in range(len(self.network.addresses)):
            wait(f"the start of node {index}", lambda: self.is_ready(index))

    def is_ready(self, index):
        try:
            return self.status(index)["ready"]
        except subprocess.CalledProcessError:
            return False

    def status(self, index):
        return json.loads(self.command("status", "--json", at=index))

    def begin(self, artifact):
        target = f"{self.path(0)}/data/app-1.0"
        shutil.copy(artifact, target)
        self.command("publish", "data/app-1.0", "--piece-length", self.options.piece)

    def has(self, index):
        return os.path.exists(f"{self.path(index)}/data/app-1.0")

    def sent(self):
        return self.status(0)["uploaded"]

    def examine(self):
        """What the forbidden replica, the last, has got, and the refusals that its address has earned at the origin."""
        last = len(self.network.addresses) - 1
        rows = json.loads(self.command("journal", "--json", "--peer", self.network.addresses[last]))["entries"]
        return {"forbidden": {"has": os.listdir(f"{self.path(last)}/data"), "refusals": [row["verdict"] for row in rows]}}

    def stop(self):
        for node in self.nodes:
            node.send_signal(signal.SIGTERM)
        for node in self.nodes:
            try:
                node.wait(30)
            except subprocess.TimeoutExpired:
                node.kill()


# A node that waits for a torrent file, as a replica of ours waits for the catalogue.
LIBTORRENT_NODE = """
import libtorrent, os, sys, time
torrent, folder, address = sys.argv[1:4]
session = libtorrent.session({"listen_interfaces": address + ":6881", "enable_dht": False, "enable_lsd": False, "enable_upnp": False,
    "enable_natpmp": False, "user_agent": "libtorrent"})
open(folder + "/ready", "w").close()
while not os.path.exists(torrent):
    time.sleep(0.2)
handle = session.add_torrent({"ti": libtorrent.torrent_info(torrent), "save_path": folder + "/data"})
while True:
    status = handle.status()
    with open(folder + "/counting", "w") as file:
        file.write(str(status.total_payload_upload))
    os.replace(folder + "/counting", folder + "/uploaded")
    if status.is_seeding:
        open(folder + "/done", "w").close()
    time.sleep(0.2)
"""

LIBTORRENT_TORRENT = """
import libtorrent, sys
data, announce, piece, torrent = sys.argv[1:5]
files = libtorrent.file_storage()
libtorrent.add_files(files, data)
made = libtorrent.create_torrent(files, int(piece), libtorrent.create_torrent.v1_only)
made.add_tracker(announce)
libtorrent.set_piece_hashes(made, data.rsplit("/", 1)[0])
encoded = made.generate()
open(torrent, "wb").write(libtorrent.bencode(encoded))
print(libtorrent.torrent_info(encoded).info_hash())
"""


class Libtorrent:
    name = "libtorrent"
    tracker = None

    def __init__(self, options, network, folder):
        self.options, self.network, self.folder, self.nodes = options, network, folder, []

    def path(self, index):
        return os.path.join(self.folder, f"node{index}")

    def prepare(self):
        for index in range(len(self.network.addresses)):
            os.makedirs(f"{self.path(index)}/data")

    def start(self):
        # The last one is in the forbidden zone, of which libtorrent knows nothing.
        for index, address in enumerate(self.network.addresses[:-1]):
            torrent = f"{self.folder}/{'origin' if index == 0 else 'app'}.torrent"
            command = (sys.executable, "-c", LIBTORRENT_NODE, torrent, self.path(index), address)
            self.nodes.append(subprocess.Popen(Network.inside(index, *command)))
        for index in range(len(self.nodes)):
            wait(f"the start of node {index}", lambda: os.path.exists(f"{self.path(index)}/ready"))

    def begin(self, artifact):
        data, announce = f"{self.path(0)}/data/app-1.0", f"http://{self.network.addresses[0]}:6969/announce"
        shutil.copy(artifact, data)
        piece = int(self.options.piece.removesuffix("KiB")) * 1024
        made, torrent = f"{self.folder}/made", f"{self.folder}/app.torrent"
        info_hash = run(sys.executable, "-c", LIBTORRENT_TORRENT, data, announce, str(piece), made)
        self.track(info_hash)
        shutil.copy(made, f"{self.folder}/origin.made")
        os.rename(f"{self.folder}/origin.made", f"{self.folder}/origin.torrent")
        wait("the origin's check", lambda: self.has(0))
        os.rename(made, torrent)

    def track(self, info_hash):
        """Debian's opentracker keeps a whitelist, and does not run as root."""
        folder = tempfile.mkdtemp(prefix="granary-opentracker-")
        self.tracker = folder
        os.chmod(folder, 0o755)
        with open(f"{folder}/whitelist", "w") as file:
            file.write(info_hash)
        user = ("setpriv", "--reuid", "nobody", "--regid", "nogroup", "--clear-groups")
        place = ("-i", self.network.addresses[0], "-p", "6969", "-P", "6969", "-d", folder, "-w", "whitelist")
        self.nodes.append(subprocess.Popen(Network.inside(0, *user, "opentracker", *place), stderr=subprocess.DEVNULL))

    def has(self, index):
        return os.path.exists(f"{self.path(index)}/done")

    def sent(self):
        with open(f"{self.path(0)}/uploaded") as file:
            return int(file.read())

    def examine(self):
        return {}

    def stop(self):
        for node in self.nodes:
            node.kill()
        for node in self.nodes:
            node.wait()
        if self.tracker:
            shutil.rmtree(self.tracker)


class Watch:
    """Says on standard error every two seconds how much of their links' rates the nodes use."""

    def __init__(self, network, rate, allowed):
        self.network, self.rate, self.allowed = network, rate, allowed
        self.began, self.last, self.before = time.time(), time.time(), network.carried()

    def look(self, done):
        now = time.time()
        if now - self.last < 2:
            return
        after, span = self.network.carried(), now - self.last
        up, down = ([(b - a) / span / self.rate for a, b in zip(*counts)] for counts in zip(self.before, after))
        replicas = sorted(up[index] for index in self.allowed)
        fetching = [down[index] for index in self.allowed if index not in done]
        print(
            f"{now - self.began:6.1f} s  origin up {up[0]:4.0%}  replicas up {sum(replicas) / len(replicas):4.0%} ({replicas[0]:.0%}-{replicas[-1]:.0%})"
            f"  fetching {len(fetching)}, down {sum(fetching) / max(1, len(fetching)):4.0%}", file=sys.stderr, flush=True)
        self.last, self.before = now, after


def measure(swarm, artifact, options, allowed):
    try:
        swarm.prepare()
        swarm.start()
        before = cpu(node.pid for node in swarm.nodes)
        swarm.begin(artifact)
        began, done = time.time(), {}
        busy, last = [], [time.time(), before]
        watch = Watch(swarm.network, options.rate * (1 << 20), allowed) if options.watch else None
        while len(done) < len(allowed) and time.time() - began < options.limit:
            for index in allowed:
                if index not in done and swarm.has(index):
                    done[index] = time.time() - began
            time.sleep(0.1)
            if watch:
                watch.look(done)
            if time.time() - last[0] > 2:
                now = [time.time(), cpu(node.pid for node in swarm.nodes)]
                busy.append((now[1] - last[1]) / (now[0] - last[0]))
                last = now
        size = os.path.getsize(artifact)
        times = sorted(done.values())
        result = {
            "who": swarm.name, "complete": len(done), "of": len(allowed), "first": times[0] if times else None,
            "median": times[len(times) // 2] if times else None, "last": times[-1] if times else None,
            "copies": swarm.sent() / size, "cpu": cpu(node.pid for node in swarm.nodes) - before, "cores_busiest": max(busy, default=None),
        }
        return result | swarm.examine()
    finally:
        swarm.stop()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--granary", required=True, help="the program")
    parser.add_argument("--replicas", type=int, default=30)
    parser.add_argument("--size", type=int, default=64, help="MiB")
    parser.add_argument("--rate", type=float, default=4, help="MiB a second of each link, each way")
    parser.add_argument("--burst", type=int, default=64 << 10)
    parser.add_argument("--piece", default="64KiB")
    parser.add_argument("--limit", type=float, default=180)
    parser.add_argument("--who", default="granary,libtorrent")
    parser.add_argument("--watch", action="store_true", help="say on standard error how full the links are")
    options = parser.parse_args()
    options.granary = os.path.abspath(options.granary)
    addresses = ["10.77.0.1"] + [f"10.77.0.{number + 2}" for number in range(options.replicas)] + ["10.77.9.2"]
    folder = tempfile.mkdtemp(prefix="granary-swarm-", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None)
    artifact = f"{folder}/artifact"
    with open(artifact, "wb") as file:
        file.write(os.urandom(options.size << 20))
    rate = int(options.rate * (1 << 20))
    bound = options.size / options.rate
    fluid = max(bound, options.replicas * options.size / (options.rate * (options.replicas + 1)))
    network = Network(addresses)
    try:
        for who in options.who.split(","):
            network.open(rate, options.burst)
            kind = {"granary": Granary, "libtorrent": Libtorrent}[who]
            swarm = kind(options, network, f"{folder}/{who}")
            os.makedirs(swarm.folder)
            result = measure(swarm, artifact, options, range(1, options.replicas + 1))
            result |= {"bound": fluid, "ratio": result["last"] / fluid if result["last"] else None}
            print(json.dumps(result), flush=True)
    finally:
        network.close()
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
