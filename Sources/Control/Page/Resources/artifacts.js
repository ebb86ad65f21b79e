import { byId, cut, el, foreign, setText, terms } from "./dom.js";
import { bytes, exactBytes, moment, number, plural, rate, span } from "./format.js";
import { closeMap, strip, swarmMap } from "./pieces.js";
import { Feed } from "./poll.js";
import { address, Pager, Table, tools } from "./table.js";

// The artifacts: searched and paged by the node, each with its pieces; one that is unfolded is asked for by itself.

const ORDER = ["ready", "fetching", "verifying", "changed", "missing", "failed", "paused"];

export const state = (word, kind) => el("span", { class: `state ${kind}` }, word);
const kinds = { ready: "good", fetching: "busy", verifying: "busy", paused: "idle", changed: "doubt", missing: "bad", failed: "bad" };

const nameCell = (row, entry) => {
  const button = el("button", { type: "button", class: "fold", "aria-expanded": String(Boolean(entry.below)) }, cut(row.name));
  button.addEventListener("click", () => unfold(entry, button));
  return el("span", {}, button, el("span", { class: "sub mono", title: row.hash }, row.hash.slice(0, 16)));
};

const stateCell = (row) => el("span", {}, state(row.state, kinds[row.state] ?? "idle"),
  el("span", { class: "sub" }, row.reason ? cut(row.reason) : moment(row.since)));

const piecesCell = (row) => {
  if (row.state !== "fetching") return strip(row.map);
  // At the first look there is no rate yet.
  const speed = row.down ? ` · ${rate(row.down)}, ${span((row.left ?? 0) / row.down)} left` : row.down === 0 ? " · nothing comes just now" : "";
  return el("span", {}, strip(row.map), el("span", { class: "sub num" }, row.left === null || row.left === undefined ? "" : `${bytes(row.left)} left${speed}`));
};

const columns = [
  { title: "Name", head: true, class: "wide", of: (row) => [row.name, row.hash], cell: nameCell },
  { title: "State", class: "mid", of: (row) => [row.state, row.reason, row.since], cell: stateCell },
  { title: "Pieces", class: "map-cell", of: (row) => [row.map, row.state, row.left, row.down], cell: piecesCell },
  { title: "Size", class: "num", cell: (row) => bytes(row.size) },
  { title: "Peers", class: "num", cell: (row) => number(row.peers) },
  { title: "Sent", class: "num", cell: (row) => bytes(row.uploaded) },
];

function unfold(entry, button) {
  if (entry.below) {
    button.setAttribute("aria-expanded", "false");
    entry.table.setBelow(entry, null, null);
    return;
  }
  const body = el("td", { role: "cell", colspan: String(columns.length) }, el("p", { class: "empty" }, "asking the node …"));
  const below = el("tr", { role: "row", class: "below" }, body);
  const feed = new Feed("the artifact", () => address("page/artifact.json", { hash: entry.row.hash }), 4, (document) => body.replaceChildren(close(document)));
  button.setAttribute("aria-expanded", "true");
  entry.table.setBelow(entry, below, () => feed.close());
}

function close(document) {
  const { artifact } = document;
  const facts = el("dl", { class: "facts" });
  const labels = Object.entries(document.labels).sort().map(([key, value]) => `${key}=${value}`).join(", ");
  const failed = document.failed_pieces ? `${plural(document.failed_pieces, "piece")} failed their check` : "";
  terms(facts, [
    ["Info-hash v1", document.info_hash_v1 && el("code", {}, document.info_hash_v1)],
    ["Info-hash v2", document.info_hash_v2 && el("code", {}, document.info_hash_v2)],
    ["State", artifact.reason ? foreign(`${artifact.state}: ${artifact.reason}`) : artifact.state],
    ["Size", `${bytes(artifact.size)} in ${plural(document.files, "file")}`, exactBytes(artifact.size)],
    ["Pieces", `${number(artifact.map.pieces)} of ${bytes(document.piece_length)}`],
    ["Torrent", [document.private ? "private" : "public", document.ssl ? "SSL" : ""].filter(Boolean).join(", ")],
    ["Labels", labels && foreign(labels)],
    ["Data in", foreign(document.data)],
    ["Added", moment(document.added_at)],
    ["Verified", document.verified_at && moment(document.verified_at, document.method === "hashed" ? " ago, when it was published" : " ago")],
    ["Fetched", document.downloaded === null || document.downloaded === undefined ? null : [`${bytes(document.downloaded)} since the start`, document.wasted ? `${bytes(document.wasted)} of no use` : "", failed].filter(Boolean).join(", ")],
  ]);
  return el("div", { class: "close" }, facts, closeMap(artifact.map), swarmMap(document.swarm, artifact.map));
}

export function artifacts() {
  const section = byId("artifacts");
  const form = section.querySelector("form");
  let feed = null;
  const query = tools(form, () => feed.ask());
  const table = new Table(section.querySelector(".body"), "Artifacts", columns, (row) => row.hash, "");
  const make = table.make.bind(table);
  table.make = (key) => Object.assign(make(key), { table });
  const pager = new Pager(section.querySelector(".body"), "artifacts", (offset) => { query.offset = offset; feed.ask(); });
  feed = new Feed("artifacts", () => address("page/artifacts.json", query), 4, (document) => show(document, { section, form, query, table, pager }));
}

function show(document, { section, form, query, table, pager }) {
  const states = Object.entries(document.states).sort((a, b) => ORDER.indexOf(a[0]) - ORDER.indexOf(b[0]));
  const count = states.reduce((sum, [, one]) => sum + one.count, 0);
  const size = states.reduce((sum, [, one]) => sum + one.size, 0);
  const words = states.map(([word, one]) => `${number(one.count)} ${word}`).join(", ");
  setText(section.querySelector(".sum"), count ? `${words} · ${bytes(size)}` : "");
  fillStates(form.elements.state, states.map(([word]) => word));
  const isSearched = query.q || query.state;
  table.show(document.artifacts, isSearched && count ? "No artifact is like that." : "Nothing is kept here yet. “granary publish PATH” adds what it is to seed, “granary fetch” and mirrors what it is to have.");
  pager.show(document.offset, document.artifacts.length, document.total);
}

function fillStates(select, words) {
  const wanted = ["", ...ORDER.filter((word) => words.includes(word) || word === select.value)];
  if (wanted.join() === [...select.options].map((option) => option.value).join()) return;
  const chosen = select.value;
  select.replaceChildren(...wanted.map((word) => el("option", { value: word }, word || "all")));
  select.value = chosen;
}

