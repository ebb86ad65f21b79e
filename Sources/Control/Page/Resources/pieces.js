import { el, svg } from "./dom.js";
import { number, percent, plural } from "./format.js";

// Maps of pieces: a strip for a row, lines of cells for a close look. A digit is the share of a cell that is here, 0 none to 9 all.

function runs(cells) {
  const found = [];
  for (let start = 0; start < cells.length;) {
    let end = start + 1;
    while (end < cells.length && cells[end] === cells[start]) end += 1;
    found.push([start, end - start, cells[start]]);
    start = end;
  }
  return found;
}

// The cells as drawn; of a map without any, a bar of the share.
function cellsOf(map) {
  if (map.cells !== null && map.cells !== undefined) return map.cells;
  if (map.held >= map.pieces) return "9";
  const whole = Math.floor((64 * map.held) / Math.max(1, map.pieces));
  return "9".repeat(whole) + "0".repeat(64 - whole);
}

export function strip(map) {
  const cells = cellsOf(map);
  const words = `${number(map.held)} of ${plural(map.pieces, "piece")} here`;
  const rects = runs(cells).filter(([, , digit]) => digit !== "0")
    .map(([start, length, digit]) => svg("rect", { x: start, y: 0, width: length, height: 1, class: `held-${digit}` }));
  const drawing = svg("svg", { class: "strip", viewBox: `0 0 ${cells.length} 1`, preserveAspectRatio: "none", role: "img", "aria-label": words }, ...rects);
  return el("span", { class: "pieces", title: words }, drawing, el("span", { class: "share" }, percent(map.held, map.pieces)));
}

const COLUMNS = 128;

// All cells in lines, each with a class of its own, that of its digit.
function grid(cells, classOf, label) {
  const columns = Math.min(COLUMNS, Math.max(1, cells.length));
  const lines = Math.max(1, Math.ceil(cells.length / columns));
  const rects = [];
  for (let line = 0; line < lines; line += 1) {
    for (const [start, length, digit] of runs(cells.slice(line * columns, (line + 1) * columns))) {
      rects.push(svg("rect", { x: start, y: line + 0.08, width: length, height: 0.84, class: classOf(digit) }));
    }
  }
  const drawing = svg("svg", { class: "grid", viewBox: `0 0 ${columns} ${lines}`, preserveAspectRatio: "none", role: "img", "aria-label": label }, ...rects);
  drawing.style.height = `${Math.max(14, lines * 9)}px`;
  return drawing;
}

export function closeMap(map) {
  const label = `${number(map.held)} of ${plural(map.pieces, "piece")} here`;
  return el("div", { class: "map" }, el("h4", {}, "Here"), grid(cellsOf(map), (digit) => `held-${digit}`, label), el("p", { class: "dim" }, label));
}

// `map`: what is here; what is neither here nor with anybody is marked.
export function swarmMap(swarm, map) {
  if (!swarm) return el("div", { class: "map" }, el("h4", {}, "In the swarm"), el("p", { class: "dim" }, "No peer is connected for it: what others have is not known."));
  const counted = swarm.counted < swarm.connected ? `${number(swarm.counted)} of ${plural(swarm.connected, "peer")}` : plural(swarm.counted, "connected peer");
  const rarest = swarm.rarest === 0 ? "the rarest piece is with none of them" : `${plural(swarm.rarest, "copy", "copies")} of the rarest piece`;
  const most = Math.max(1, Math.min(35, swarm.counted));
  const here = map.cells ?? (map.held >= map.pieces ? "9" : "0").repeat(swarm.cells.length);
  const cells = [...swarm.cells].map((digit, index) => (digit === "0" && here[index] !== "9" ? "!" : digit)).join("");
  const level = (digit) => {
    if (digit === "!" || digit === "0") return digit === "!" ? "nowhere" : "held-0";
    return `held-${Math.min(9, Math.max(2, Math.round((9 * parseInt(digit, 36)) / most)))}`;
  };
  const lack = cells.includes("!") ? el("span", { class: "lack" }, " Marked parts have a piece that nobody has, and that is not here.") : null;
  return el("div", { class: "map" }, el("h4", {}, "In the swarm"), grid(cells, level, `Copies among ${counted}`), el("p", { class: "dim" }, `${counted}; ${rarest}.`, lack ?? ""));
}
