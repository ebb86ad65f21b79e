import { byId, cut, el, foreign, setText, terms } from "./dom.js";
import { bytes, moment, number, percent, plural, rate, span } from "./format.js";
import { state } from "./artifacts.js";
import { Feed } from "./poll.js";
import { address, Pager, Table, tools } from "./table.js";

// Peers, refusals, runs, and what changes seldom.

// MARK: Peers

const doing = (row) => {
  if (row.phase !== "active") return state(row.phase, "idle");
  const gives = row.down === null || row.down === undefined ? row.downloaded > 0 && !row.interested : row.down > 0 && !row.up;
  if (gives) return state("gives", "good");
  if (!row.interested) return state("idle", "idle");
  return row.choked ? state("waits", "busy") : state("takes", "good");
};

const held = (row) => {
  if (!row.artifact) return el("span", { class: "dim" }, "none named yet");
  const words = `it has told of ${number(row.held)} of ${plural(row.pieces, "piece")}`;
  return el("span", {}, cut(row.artifact), el("span", { class: "sub", title: words }, `has ${percent(row.held, row.pieces)}`));
};

const peerColumns = [
  { title: "Principal", head: true, class: "wide", of: (row) => [row.principal, row.address, row.client],
    cell: (row) => el("span", {}, cut(row.principal), el("span", { class: "sub" }, el("span", { class: "mono" }, row.address), row.client ? " · " : "", row.client ? foreign(row.client) : null)) },
  { title: "Link", class: "short", of: (row) => [row.direction, row.tls],
    cell: (row) => el("span", {}, row.direction, el("span", { class: "sub" }, row.tls ? cut(`TLS, ${row.tls}`) : "plain")) },
  { title: "Artifact", class: "mid", of: (row) => [row.artifact, row.held, row.pieces], cell: held },
  { title: "Does", class: "short", of: (row) => [row.phase, row.interested, row.choked, row.queued, row.up > 0, row.down > 0, row.downloaded > 0],
    cell: (row) => el("span", { title: `${plural(row.queued, "request")} of its wait` }, doing(row), el("span", { class: "sub" }, "for ", moment(row.since, ""))) },
  { title: "Sending", class: "num", of: (row) => [row.up, row.uploaded], cell: (row) => el("span", {}, rate(row.up), el("span", { class: "sub" }, bytes(row.uploaded))) },
  { title: "Receiving", class: "num", of: (row) => [row.down, row.downloaded], cell: (row) => el("span", {}, rate(row.down), el("span", { class: "sub" }, bytes(row.downloaded))) },
];

export function peers() {
  const section = byId("peers");
  let feed = null;
  const query = tools(section.querySelector("form"), () => feed.ask());
  const table = new Table(section.querySelector(".body"), "Peers", peerColumns, (row) => row.number, "");
  const pager = new Pager(section.querySelector(".body"), "peers", (offset) => { query.offset = offset; feed.ask(); });
  feed = new Feed("peers", () => address("page/peers.json", query), 2, (document) => {
    setText(section.querySelector(".sum"), document.connections ? plural(document.connections, "connection") : "");
    table.show(document.peers, document.connections ? "No peer is like that." : "Nobody is connected. Peers that were turned away are among the refusals below.");
    pager.show(document.offset, document.peers.length, document.total);
  });
}

// MARK: Refusals

const by = (row) => [row.plugin, row.rule].filter(Boolean).join(" ");

const latestColumns = [
  { title: "When", class: "when", of: (row) => [row.last_at, row.count], cell: (row) => el("span", {}, moment(row.last_at), row.count > 1 ? el("span", { class: "sub" }, `${number(row.count)} times`) : null) },
  { title: "Who", head: true, class: "mid", of: (row) => [row.principal, row.address],
    cell: (row) => el("span", {}, cut(row.principal ?? row.address ?? "unknown"), row.address && row.address !== row.principal ? el("span", { class: "sub mono" }, row.address) : null) },
  { title: "Wanted", class: "mid", of: (row) => [row.operation, row.artifact], cell: (row) => el("span", {}, row.operation, row.artifact ? el("span", { class: "sub" }, cut(row.artifact)) : null) },
  { title: "Why", class: "wide", of: (row) => [row.reason, row.plugin, row.rule, row.place],
    cell: (row) => el("span", {}, foreign(row.reason ?? "no reason was noted"), el("span", { class: "sub" }, foreign([by(row), row.place && `at ${row.place}`].filter(Boolean).join(" "), { class: "cut", title: row.place ?? "" }))) },
];

const reasonColumns = [
  { title: "Reason", head: true, class: "wide", of: (row) => [row.reason, row.plugin, row.operation],
    cell: (row) => el("span", {}, foreign(row.reason ?? "no reason was noted"), el("span", { class: "sub" }, foreign([row.plugin, row.operation].filter(Boolean).join(" · ")))) },
  { title: "Times", class: "num", cell: (row) => number(row.count) },
  { title: "Principals", class: "num", cell: (row) => number(row.principals) },
  { title: "Last", class: "when", of: (row) => row.last_at, cell: (row) => moment(row.last_at) },
];

export function refusals() {
  const none = "Nobody has been refused, as far as the journal's newest rows go back.";
  const latest = new Table(byId("latest"), "Latest refusals", latestColumns, (row) => row.id, none);
  const reasons = new Table(byId("reasons"), "Refusals by reason", reasonColumns, (row) => JSON.stringify([row.plugin, row.operation, row.reason]), none);
  new Feed("refusals", () => "page/refusals.json", 2, (document) => {
    latest.show(document.latest);
    reasons.show(document.reasons);
    const place = byId("refusals-sum");
    place.replaceChildren(...(document.since ? [`in the journal's newest ${plural(document.rows, "row")}, since `, moment(document.since)] : []));
  });
}

// MARK: Runs

const runColumns = [
  { title: "Run", head: true, class: "short", cell: (row) => String(row.id) },
  { title: "Began", class: "when", of: (row) => row.started_at, cell: (row) => moment(row.started_at) },
  { title: "Lasted", class: "num", of: (row) => [row.started_at, row.ended_at, row.why],
    cell: (row) => row.ended_at ? span((Date.parse(row.ended_at) - Date.parse(row.started_at)) / 1000) : row.why ? "unknown" : moment(row.started_at, "") },
  { title: "Ended by", class: "wide", of: (row) => row.why, cell: (row) => row.why ? (row.why === "interrupted" ? state("interrupted", "doubt") : foreign(row.why)) : state("it runs", "good") },
  { title: "Ready", class: "num", cell: (row) => number(row.ready) },
  { title: "Sent", class: "num", cell: (row) => bytes(row.uploaded) },
  { title: "Received", class: "num", cell: (row) => bytes(row.downloaded) },
  { title: "Refused", class: "num", cell: (row) => number(row.refused) },
  { title: "Version", class: "short", of: (row) => [row.version, row.pid], cell: (row) => el("span", {}, row.version, el("span", { class: "sub" }, `pid ${row.pid}`)) },
];

export function runs() {
  const table = new Table(byId("runs").querySelector(".body"), "Runs", runColumns, (row) => row.id, "No run has been noted.");
  new Feed("runs", () => "page/runs.json", 30, (document) => table.show(document.runs));
}

// MARK: What changes seldom

const endpoint = (one) => `${one.address.includes(":") ? `[${one.address}]` : one.address}:${one.port}`;

const days = (left) => state(left < 0 ? "expired" : plural(left, "day"), left < 7 ? "bad" : left < 30 ? "doubt" : "good");

const certificateColumns = [
  { title: "Entry", head: true, class: "mid", of: (row) => [row.name, row.torrents],
    cell: (row) => el("span", {}, cut(row.name), row.torrents === null || row.torrents === undefined ? null : el("span", { class: "sub" }, plural(row.torrents, "SSL torrent"))) },
  { title: "Certificate", class: "wide", of: (row) => [row.subject, row.serial, row.trust],
    cell: (row) => el("span", {}, cut(row.subject), el("span", { class: "sub" }, cut(row.trust.length ? `trusts ${row.trust.join(", ")}` : `serial ${row.serial}`))) },
  { title: "Left", class: "short", of: (row) => [row.days_left, row.not_after], cell: (row) => el("span", { title: row.not_after }, days(row.days_left), el("span", { class: "sub" }, row.not_after.slice(0, 10))) },
  { title: "Revocations", class: "short", of: (row) => row.revocation_days_left,
    cell: (row) => row.revocation_days_left === null || row.revocation_days_left === undefined ? el("span", { class: "dim" }, "not looked at") : days(row.revocation_days_left) },
];

const pluginColumns = [
  { title: "Plugin", head: true, class: "wide", of: (row) => [row.name, row.mode], cell: (row) => el("span", {}, cut(row.name), row.mode === "enforce" ? null : el("span", { class: "sub" }, `${row.mode}: would have refused ${number(row.shadowed)}`)) },
  { title: "State", class: "short", of: (row) => row.state, cell: (row) => state(row.state, row.state === "ok" ? "good" : "bad") },
  { title: "Asked", class: "num", cell: (row) => number(row.calls) },
  { title: "Late", class: "num", cell: (row) => number(row.late) },
  { title: "Faults", class: "num", cell: (row) => number(row.faults) },
];

const serviceColumns = [
  { title: "Service", head: true, class: "wide", of: (row) => [row.what, row.where], cell: (row) => el("span", {}, row.what, el("span", { class: "sub mono" }, cut(row.where))) },
  { title: "State", class: "wide", of: (row) => [row.word, row.kind, row.detail], cell: (row) => el("span", {}, state(row.word, row.kind), row.detail ? el("span", { class: "sub" }, cut(row.detail)) : null) },
];

function services(document) {
  const list = [];
  for (const one of document.trackers) {
    const states = Object.entries(one.states).map(([word, count]) => `${number(count)} ${word}`).join(", ");
    list.push({ what: "tracker", where: one.tracker, word: states, kind: one.states.failing ? "bad" : one.states.working ? "good" : "idle", detail: one.detail });
  }
  if (document.tracker) {
    const { tracker } = document;
    list.push({ what: "own tracker", where: tracker.listeners.map((one) => `${one.protocol} ${endpoint(one)}`).join(", "), word: `${plural(tracker.swarms, "swarm")}, ${plural(tracker.peers, "peer")}`, kind: "good",
      detail: `${plural(tracker.announces, "announce")}, ${number(tracker.refused)} refused` });
  }
  for (const one of document.mirrors) {
    const serial = one.serial === null || one.serial === undefined ? "not had yet" : `serial ${number(one.serial)}`;
    list.push({ what: "followed catalogue", where: one.catalogue, word: serial, kind: one.problem ? (one.problem === "paused" ? "idle" : "bad") : serial === "not had yet" ? "busy" : "good", detail: one.problem ?? (one.date ? `of ${one.date.slice(0, 16)}` : null) });
  }
  if (document.catalogue.length) list.push({ what: "own catalogue", where: document.catalogue.join(", "), word: "published", kind: "good", detail: null });
  return list;
}

function care(list, document) {
  const { journal, scrub } = document;
  terms(list, [
    ["Listens on", document.listeners.length ? foreign(document.listeners.map((one) => `${endpoint(one)}${one.tls ? ` (TLS, ${one.tls})` : ""}`).join(", ")) : "nothing"],
    ["Oldest evidence", scrub?.oldest_evidence && moment(scrub.oldest_evidence)],
    ["Read again", scrub && `${plural(scrub.artifacts_verified, "artifact")}, ${bytes(scrub.bytes_verified)}; ${number(scrub.artifacts_damaged)} damaged, ${number(scrub.artifacts_due)} due`],
    ["Reading now", scrub?.current && foreign(scrub.current)],
    ["Out of service", scrub && plural(scrub.out_of_service, "artifact")],
    ["Journal", journal && `${plural(journal.stored, "row")} stored since the start, ${number(journal.pending)} waiting, ${number(journal.dropped)} lost`],
    ["Signed head", journal?.checkpoint && el("code", { title: journal.checkpoint, class: "cut" }, journal.checkpoint)],
    ["Links failed", document.tls && (Object.entries(document.tls.failed).map(([word, count]) => `${word} ${number(count)}`).join(", ") || "none")],
    ["Limits met", Object.entries(document.limits).map(([word, count]) => `${word.replaceAll("_", " ")} ${number(count)}`).join(", ") || "none"],
  ]);
}

export function seldom() {
  const place = (id) => byId(id).querySelector(".body");
  const certificates = new Table(place("certificates"), "Certificates", certificateColumns, (row) => row.name, "No listener speaks TLS: there is no certificate to keep.");
  const plugins = new Table(place("pipeline"), "Pipeline", pluginColumns, (row) => row.name, "Nothing stands in the pipeline.");
  const others = new Table(place("services"), "Trackers and catalogues", serviceColumns, (row) => `${row.what} ${row.where}`, "The node announces to no tracker, and publishes and follows no catalogue.");
  const facts = el("dl", { class: "facts" });
  place("keeping").replaceChildren(facts);
  new Feed("services", () => "page/services.json", 10, (document) => {
    certificates.show(document.tls?.entries ?? []);
    const without = document.tls?.ssl_torrents_without_certificate;
    setText(byId("certificates-sum"), without ? `${plural(without, "SSL torrent")} without one` : "");
    plugins.show(document.plugins);
    others.show(services(document));
    care(facts, document);
    warn(document.warnings);
  });
}

function warn(warnings) {
  const section = byId("warnings");
  section.hidden = warnings.length === 0;
  const list = section.querySelector("ul");
  if (list.dataset.sign === JSON.stringify(warnings)) return;
  list.dataset.sign = JSON.stringify(warnings);
  list.replaceChildren(...warnings.map((text) => el("li", {}, foreign(text))));
}
