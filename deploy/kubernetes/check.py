#!/usr/bin/python3
"""Holds the manifests of this folder against what they must be: check.py GRANARY FILE...

Fields by name and type, as far as they are used here; every name that one object uses of another (volumes, ports, keys, selectors, services); what a
pod may do; and the configurations in them against `granary check`. Then the same with faults put in, one after the other, each of which must be found."""
import os
import re
import subprocess
import sys
import tempfile

import yaml

TEXT, NUMBER, FLAG = str, int, bool
NAMES = {"*": TEXT}
COMMAND = [TEXT]
META = {"name": TEXT, "namespace": TEXT, "labels": NAMES}
PROBE = {"exec": {"command": COMMAND}, "periodSeconds": NUMBER, "timeoutSeconds": NUMBER, "failureThreshold": NUMBER}
CONTAINER = {
    "name": TEXT, "image": TEXT, "command": COMMAND, "args": COMMAND,
    "securityContext": {"allowPrivilegeEscalation": FLAG, "readOnlyRootFilesystem": FLAG, "capabilities": {"drop": [TEXT]}},
    "ports": [{"name": TEXT, "containerPort": NUMBER}],
    "startupProbe": PROBE, "livenessProbe": PROBE, "readinessProbe": PROBE,
    "resources": {"requests": NAMES, "limits": NAMES},
    "volumeMounts": [{"name": TEXT, "mountPath": TEXT, "readOnly": FLAG}],
}
VOLUME = {
    "name": TEXT, "configMap": {"name": TEXT}, "secret": {"secretName": TEXT, "defaultMode": NUMBER},
    "emptyDir": {"medium": TEXT, "sizeLimit": TEXT}, "hostPath": {"path": TEXT, "type": TEXT},
}
POD = {
    "automountServiceAccountToken": FLAG, "terminationGracePeriodSeconds": NUMBER,
    "securityContext": {"runAsNonRoot": FLAG, "runAsUser": NUMBER, "runAsGroup": NUMBER, "fsGroup": NUMBER, "fsGroupChangePolicy": TEXT,
                        "seccompProfile": {"type": TEXT}},
    "initContainers": [CONTAINER], "containers": [CONTAINER], "volumes": [VOLUME],
}
SELECTOR = {"matchLabels": NAMES}
TEMPLATE = {"metadata": {"labels": NAMES}, "spec": POD}
CLAIM = {"metadata": {"name": TEXT}, "spec": {"accessModes": [TEXT], "resources": {"requests": NAMES}}}
KINDS = {
    ("v1", "Namespace"): {"metadata": {"name": TEXT}},
    ("v1", "ConfigMap"): {"metadata": META, "data": NAMES},
    ("v1", "Service"): {"metadata": META, "spec": {
        "clusterIP": TEXT, "selector": NAMES, "ports": [{"name": TEXT, "port": NUMBER, "targetPort": TEXT}]}},
    ("apps/v1", "StatefulSet"): {"metadata": META, "spec": {
        "serviceName": TEXT, "replicas": NUMBER, "selector": SELECTOR, "template": TEMPLATE, "volumeClaimTemplates": [CLAIM]}},
    ("apps/v1", "DaemonSet"): {"metadata": META, "spec": {
        "selector": SELECTOR, "template": TEMPLATE, "updateStrategy": {"type": TEXT, "rollingUpdate": {"maxUnavailable": TEXT}}}},
}
# What the init container takes over of a Secret, and what the comments say is in it.
SECRETS = {"granary-origin": {"node.pem", "node.key", "ca.pem", "revoked.pem", "catalogue.key"},
           "granary-replica": {"node.pem", "node.key", "ca.pem", "revoked.pem"}}
OPTIONAL = {"readOnly", "command", "args", "ports", "startupProbe", "livenessProbe", "readinessProbe", "failureThreshold", "medium", "volumeClaimTemplates",
            "configMap", "secret", "emptyDir", "hostPath"}


def shape(value, model, place, found):
    """Whether a value has the fields of its model, of these types, and no others."""
    if isinstance(model, dict):
        if not isinstance(value, dict):
            return found.append(f"{place}: not a mapping")
        if "*" in model:
            for key, item in value.items():
                shape(item, model["*"], f"{place}.{key}", found)
            return
        for key in value.keys() - model.keys():
            found.append(f"{place}: unknown field {key}")
        for key in model.keys() - value.keys() - OPTIONAL:
            found.append(f"{place}: no {key}")
        for key in value.keys() & model.keys():
            shape(value[key], model[key], f"{place}.{key}", found)
    elif isinstance(model, list):
        if not isinstance(value, list) or not value:
            return found.append(f"{place}: not a list with something in it")
        for index, item in enumerate(value):
            shape(item, model[0], f"{place}[{index}]", found)
    elif type(value) is not model:
        found.append(f"{place}: {value!r} is not of type {model.__name__}")


def named(objects, kind):
    return {o["metadata"]["name"]: o for o in objects if o["kind"] == kind}


def workloads(objects):
    return [o for o in objects if o["kind"] in ("StatefulSet", "DaemonSet")]


def pod_of(workload):
    return workload["spec"]["template"]["spec"]


def granary_of(pod):
    return next(c for c in pod["containers"] if c["name"] == "granary")


def check_volumes(workload, objects, found):
    name, pod = workload["metadata"]["name"], pod_of(workload)
    volumes = {v["name"]: v for v in pod["volumes"]}
    claims = {c["metadata"]["name"] for c in workload["spec"].get("volumeClaimTemplates", [])}
    used = set()
    for container in pod["initContainers"] + pod["containers"]:
        paths = [m["mountPath"] for m in container["volumeMounts"]]
        if len(set(paths)) != len(paths):
            found.append(f"{name}: two volumes in one place")
        for mount in container["volumeMounts"]:
            used.add(mount["name"])
            if mount["name"] not in volumes.keys() | claims:
                found.append(f"{name}: no volume {mount['name']}")
    for unused in (volumes.keys() | claims) - used:
        found.append(f"{name}: nobody mounts {unused}")
    for volume in volumes.values():
        if len(volume) != 2:
            found.append(f"{name}: volume {volume['name']} has not one source")
        if "configMap" in volume and "granary.yaml" not in named(objects, "ConfigMap").get(volume["configMap"]["name"], {}).get("data", {}):
            found.append(f"{name}: no ConfigMap {volume['configMap']['name']} with granary.yaml")
        if "secret" in volume and volume["secret"]["secretName"] not in SECRETS:
            found.append(f"{name}: nothing says how the Secret {volume['secret']['secretName']} is made")


def check_rights(workload, found):
    name, pod = workload["metadata"]["name"], pod_of(workload)
    security = pod["securityContext"]
    if not security["runAsNonRoot"] or not security["runAsUser"] or not security["runAsGroup"] or security["seccompProfile"]["type"] != "RuntimeDefault":
        found.append(f"{name}: runs as root, or without seccomp")
    if security["fsGroup"] != security["runAsGroup"]:
        found.append(f"{name}: the volumes' group is not the node's")
    if pod["automountServiceAccountToken"]:
        found.append(f"{name}: has a token of the cluster's")
    if not 15 < pod["terminationGracePeriodSeconds"] <= 120:
        found.append(f"{name}: is killed before it has ended, or waited for too long")
    for container in pod["initContainers"] + pod["containers"]:
        own = container["securityContext"]
        if own["allowPrivilegeEscalation"] or not own["readOnlyRootFilesystem"] or own["capabilities"]["drop"] != ["ALL"]:
            found.append(f"{name}: container {container['name']} may do more than it needs")
        if "memory" not in container["resources"]["limits"]:
            found.append(f"{name}: container {container['name']} has no limit of memory")


def check_labels(workload, objects, found):
    name, labels = workload["metadata"]["name"], workload["spec"]["template"]["metadata"]["labels"]
    if workload["spec"]["selector"]["matchLabels"] != labels:
        found.append(f"{name}: selects other pods than it makes")
    if workload["kind"] == "StatefulSet" and workload["spec"]["serviceName"] not in named(objects, "Service"):
        found.append(f"{name}: no Service {workload['spec']['serviceName']}")
    if workload["metadata"]["namespace"] not in named(objects, "Namespace"):
        found.append(f"{name}: no namespace {workload['metadata']['namespace']}")


def check_services(objects, found):
    for name, service in named(objects, "Service").items():
        pods = [w for w in workloads(objects) if service["spec"]["selector"].items() <= w["spec"]["template"]["metadata"]["labels"].items()]
        if len(pods) != 1:
            found.append(f"Service {name}: selects {len(pods)} workloads")
        for workload in pods:
            ports = {p["name"]: p["containerPort"] for p in granary_of(pod_of(workload)).get("ports", [])}
            for port in service["spec"]["ports"]:
                if ports.get(port["targetPort"]) != port["port"]:
                    found.append(f"Service {name}: {port['port']} leads to no port of the pods")


def configuration(workload, objects):
    volume = next(v for v in pod_of(workload)["volumes"] if v["name"] == "configuration")
    return named(objects, "ConfigMap")[volume["configMap"]["name"]]["data"]["granary.yaml"]


def listening(settings):
    places = settings["listen"] + (settings.get("tracker") or {}).get("listen", []) + (settings.get("catalogue") or {}).get("listen", [])
    return {int(place["address"].rsplit(":", 1)[1]) for place in places}


def check_settings(workload, objects, found):
    """The node's own file against the pod around it."""
    name, pod = workload["metadata"]["name"], pod_of(workload)
    text = configuration(workload, objects)
    settings, container = yaml.safe_load(text), granary_of(pod)
    ports = {p["containerPort"] for p in container.get("ports", [])}
    if listening(settings) != ports:
        found.append(f"{name}: listens on {sorted(listening(settings))}, and has ports {sorted(ports)}")
    mounts = {m["mountPath"]: m for m in container["volumeMounts"]}
    for path in [settings["node"]["state"], *settings["artifacts"]["roots"]]:
        if path not in mounts or mounts[path].get("readOnly"):
            found.append(f"{name}: {path} is not there to be written")
    secret = next(v for v in pod["volumes"] if v["name"] == "secret")["secret"]["secretName"]
    for file in re.findall(r"/run/granary/keys/([\w.]+)", text):
        if file not in SECRETS[secret]:
            found.append(f"{name}: nothing puts {file} into the Secret {secret}")
    services = {f"{n}.{s['metadata']['namespace']}.svc": {p["port"] for p in s["spec"]["ports"]} for n, s in named(objects, "Service").items()}
    for host, port in re.findall(r"https?://([\w.-]+):(\d+)", text):
        if int(port) not in services.get(host, set()):
            found.append(f"{name}: nothing answers at {host}:{port}")


def check_program(workload, objects, granary, pki, found):
    """What `granary check` says of the file, with keys that `granary pki` has made in place of the Secret's."""
    with tempfile.TemporaryDirectory() as folder:
        file = os.path.join(folder, "granary.yaml")
        with open(file, "w", encoding="utf-8") as out:
            out.write(configuration(workload, objects).replace("/run/granary/keys", pki))
        result = subprocess.run([granary, "check", "--config", file], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
        if result.returncode != 0 or result.stderr:
            found.append(f"{workload['metadata']['name']}: {result.stderr.replace(folder, '')}")


def problems(objects, granary=None, pki=None):
    found = []
    for o in objects:
        model = KINDS.get((o.get("apiVersion"), o.get("kind")))
        if model is None:
            found.append(f"{o.get('kind')}: unknown")
        else:
            shape({k: v for k, v in o.items() if k not in ("apiVersion", "kind")}, model, o["kind"], found)
    if found:
        return found
    for workload in workloads(objects):
        check_volumes(workload, objects, found)
        check_rights(workload, found)
        check_labels(workload, objects, found)
        if not found:
            check_settings(workload, objects, found)
        if not found and granary:
            check_program(workload, objects, granary, pki, found)
    check_services(objects, found)
    return found


# Faults that somebody may make, each as one text in place of the first such text.
FAULTS = [
    ("containerPort: 6969", "containerPort: 6968"), ("configMap: { name: granary-origin }", "configMap: { name: granary }"),
    ("targetPort: tracker", "targetPort: trackers"), ("mountPath: /srv/artifacts", "mountPath: /srv/artifact"), ("name: tmp, mountPath", "name: temp, mountPath"),
    ("readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false"), ("runAsUser: 10001", "runAsUser: 0"), ("drop: [ALL]", "drop: [NET_ADMIN]"),
    ("fsGroup: 10001", "fsGroup: 10002"), ("terminationGracePeriodSeconds: 30", "terminationGracePeriodSeconds: 5"),
    ("serviceName: granary-origin", "serviceName: origin"), ("volumeMounts:", "volumeMount:"), ("periodSeconds: 2", "periodSeconds: two"),
    ("replicas: 1", 'replicas: "1"'), ("/node.key", "/own.key"), ("granary.svc:6970", "granary.svc:6971"), ("granary.yaml: |", "granary.yml: |"),
    ("secretName: granary-replica", "secretName: granary-replicas"), ("links: tls", "link: tls"),
    ("certificate: /run/granary/keys/node.pem", "certificate: /run/granary/keys/ca.pem"), ("keep: 2", "keep: none"),
]


def make_pki(granary, folder):
    """Files as the comments of origin.yaml make them; gives their folder."""
    pki = os.path.join(folder, "pki")
    for words in (["pki", "init", "--dir", pki, "--name", "Test"],
                  ["pki", "issue", "node", "--dir", pki, "--spiffe", "spiffe://cluster/granary/origin", "--dns", "granary-origin.granary.svc"],
                  ["catalogue", "keys", "new", os.path.join(pki, "catalogue.key")]):
        subprocess.run([granary, *words], check=True, stdout=subprocess.DEVNULL)
    return pki


def main():
    granary, *files = sys.argv[1:]
    text = "\n---\n".join(open(file, encoding="utf-8").read() for file in files)
    with tempfile.TemporaryDirectory() as folder:
        pki = make_pki(granary, folder)
        found = problems(list(yaml.safe_load_all(text)), granary, pki)
        for old, new in FAULTS:
            assert old in text, f"no {old!r} to put a fault in"
            if not problems(list(yaml.safe_load_all(text.replace(old, new, 1))), granary, pki):
                found.append(f"not found: {new!r} in place of {old!r}")
    for problem in found:
        print(problem, file=sys.stderr)
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
