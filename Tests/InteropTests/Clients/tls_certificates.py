#!/usr/bin/python3
"""Makes certificates with the openssl program, so that nothing of ours vouches for what is tested against ours.

The plan (JSON) lists what to make, issuers first; each entry NAME becomes NAME.pem (leaf, then the rest of its chain where asked for) and
NAME.key in the folder, and each list of revocations NAME.pem."""
import argparse
import json
import os
import subprocess
import time

CA = """
[ca]
default_ca = this
[this]
database = {index}
new_certs_dir = {folder}
rand_serial = yes
unique_subject = no
default_md = sha256
email_in_dn = no
preserve = yes
policy = any
[any]
organizationName = optional
commonName = optional
"""
DAY = 86400


def run(*words):
    subprocess.run(["openssl", *words], check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def stamp(days):
    return time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + days * DAY))


class Folder:
    def __init__(self, path):
        self.path = path
        self.chains, self.intermediates = {}, set()

    def of(self, name):
        return os.path.join(self.path, name)

    def write(self, name, text):
        with open(self.of(name), "w", encoding="utf-8") as file:
            file.write(text)
        return self.of(name)

    def read(self, name):
        with open(self.of(name), encoding="utf-8") as file:
            return file.read()

    def make(self, entry):
        name = entry["name"]
        self.make_key(name, entry.get("key") or "ec")
        if entry.get("issuer"):
            self.issue(name, entry)
        else:
            self.sign_itself(name, entry)
        if entry.get("passphrase"):
            run("pkey", "-in", self.of(name + ".key"), "-aes256", "-passout", "pass:" + entry["passphrase"], "-out", self.of(name + ".locked"))
            os.replace(self.of(name + ".locked"), self.of(name + ".key"))
        if entry.get("chain"):
            self.write(name + ".pem", self.read(name + ".pem") + "".join(self.read(i + ".pem") for i in self.chains[name]))

    def make_key(self, name, kind):
        options = {"ec": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"], "ed25519": ["-algorithm", "ED25519"],
                   "rsa": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]}[kind]
        run("genpkey", *options, "-out", self.of(name + ".key"))
        os.chmod(self.of(name + ".key"), 0o600)

    def extensions(self, entry):
        lines = ["[these]", "subjectKeyIdentifier = hash"]
        if entry.get("issuer"):
            lines.append("authorityKeyIdentifier = keyid")
        if entry.get("authority"):
            lines += ["basicConstraints = critical, CA:TRUE", "keyUsage = critical, keyCertSign, cRLSign"]
        else:
            lines.append("basicConstraints = critical, CA:FALSE")
        if entry.get("purposes"):
            lines.append("extendedKeyUsage = " + ", ".join(entry["purposes"]))
        if entry.get("alternatives"):
            lines.append("subjectAltName = " + ", ".join(entry["alternatives"]))
        return "\n".join(lines) + "\n"

    def subject(self, entry):
        return "/O=Granary tests" + "".join("/CN=" + name for name in entry.get("common_names") or [])

    def sign_itself(self, name, entry):
        config = self.write(name + ".cnf", "[req]\ndistinguished_name = none\n[none]\n" + self.extensions(entry))
        run("req", "-x509", "-new", "-key", self.of(name + ".key"), "-subj", self.subject(entry), "-days", "3650",
            "-config", config, "-extensions", "these", "-out", self.of(name + ".pem"))
        self.chains[name] = []

    def authority(self, issuer):
        """The options of `openssl ca` for this issuer, with its list of what it has issued."""
        index = self.of(issuer + ".index")
        if not os.path.exists(index):
            self.write(issuer + ".index", "")
            self.write(issuer + ".ca", CA.format(index=index, folder=self.path))
        return ["-config", self.of(issuer + ".ca"), "-cert", self.of(issuer + ".pem"), "-keyfile", self.of(issuer + ".key"), "-batch"]

    def issue(self, name, entry):
        issuer = entry["issuer"]
        request, extensions = self.of(name + ".csr"), self.write(name + ".cnf", self.extensions(entry))
        run("req", "-new", "-key", self.of(name + ".key"), "-subj", self.subject(entry), "-out", request)
        run("ca", *self.authority(issuer), "-in", request, "-notext", "-startdate", stamp(entry.get("not_before_days", -1)),
            "-enddate", stamp(entry.get("not_after_days", 90)), "-extfile", extensions, "-extensions", "these", "-out", self.of(name + ".pem"))
        # An issuer that signed itself is the anchor, which nobody sends.
        self.chains[name] = [issuer] + self.chains[issuer] if issuer in self.intermediates else []
        if entry.get("authority"):
            self.intermediates.add(name)

    def revoke(self, entry):
        options = self.authority(entry["issuer"])
        for name in entry.get("certificates") or []:
            first = self.read(name + ".pem").split("-----END CERTIFICATE-----")[0] + "-----END CERTIFICATE-----\n"
            run("ca", *options, "-revoke", self.write(name + ".revoke", first))
        run("ca", *options, "-gencrl", "-crl_lastupdate", stamp(entry.get("last_update_days", -1)),
            "-crl_nextupdate", stamp(entry.get("next_update_days", 30)), "-out", self.of(entry["name"] + ".pem"))


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--to", required=True, help="the folder")
    p.add_argument("--plan", required=True, help="the JSON file")
    a = p.parse_args()
    with open(a.plan, encoding="utf-8") as file:
        plan = json.load(file)
    folder = Folder(a.to)
    try:
        for entry in plan.get("certificates") or []:
            folder.make(entry)
        for entry in plan.get("revocations") or []:
            folder.revoke(entry)
    except subprocess.CalledProcessError as error:
        raise SystemExit(f"{error}\n{error.stderr.decode()}")


main()
