import { el } from "./dom.js";

// A table that keeps its rows: what has not changed is not touched, so that focus, selections and what is unfolded stay.
//
// A column: `title`; `cell(row)` gives a text or an element; `of(row)` what it depends on (else the text itself); `class`: for its cells.
export class Table {
  constructor(place, label, columns, key, empty) {
    Object.assign(this, { columns, key, rows: new Map() });
    this.head = el("tr", { role: "row" }, ...columns.map((column) =>
      el("th", { scope: "col", role: "columnheader", class: column.class }, column.title)));
    this.body = el("tbody", { role: "rowgroup" });
    // The roles say what the elements are also where a narrow screen lays them out otherwise.
    this.table = el("table", { role: "table", "aria-label": label },
      el("thead", { role: "rowgroup" }, this.head), this.body);
    this.empty = el("p", { class: "empty" });
    this.words = empty;
    this.waiting = el("p", { class: "empty" }, "asking the node …");
    place.replaceChildren(this.waiting);
    this.place = place;
  }

  show(list, words = this.words) {
    const table = list.length ? this.table : this.empty;
    this.empty.textContent = words;
    if (this.place.firstElementChild !== table) this.place.replaceChildren(table);
    const seen = new Set();
    let before = null;
    for (const row of list) {
      const key = String(this.key(row));
      seen.add(key);
      const entry = this.rows.get(key) ?? this.make(key);
      this.fill(entry, row);
      const wanted = before ? before.nextSibling : this.body.firstChild;
      if (wanted !== entry.element) this.body.insertBefore(entry.element, wanted);
      before = entry.element;
      if (entry.below) {
        if (before.nextSibling !== entry.below) this.body.insertBefore(entry.below, before.nextSibling);
        before = entry.below;
      }
    }
    for (const [key, entry] of this.rows) if (!seen.has(key)) this.drop(key, entry);
  }

  make(key) {
    const cells = this.columns.map((column) =>
      el(column.head ? "th" : "td", { scope: column.head ? "row" : null, role: column.head ? "rowheader" : "cell", class: column.class,
        "data-label": column.label ?? column.title }));
    const entry = { element: el("tr", { role: "row" }, ...cells), cells, signs: [], below: null, closed: null };
    this.rows.set(key, entry);
    return entry;
  }

  fill(entry, row) {
    entry.row = row;
    this.columns.forEach((column, index) => {
      const content = column.of ? null : column.cell(row, entry);
      const sign = column.of ? String(JSON.stringify(column.of(row))) : content instanceof Element ? content.outerHTML : content;
      if (entry.signs[index] === sign) return;
      entry.signs[index] = sign;
      entry.cells[index].replaceChildren(content ?? column.cell(row, entry));
    });
  }

  // A row of its own below another, or none.
  setBelow(entry, element, closed) {
    entry.below?.remove();
    entry.closed?.();
    [entry.below, entry.closed] = [element, closed];
    if (element) entry.element.after(element);
  }

  drop(key, entry) {
    this.setBelow(entry, null, null);
    entry.element.remove();
    this.rows.delete(key);
  }
}

// Which rows of how many are shown, with a way to the others.
export class Pager {
  constructor(place, what, onMove) {
    this.words = el("span", { "aria-live": "off" });
    this.back = el("button", { type: "button", "aria-label": `Earlier ${what}` }, "‹ earlier");
    this.on = el("button", { type: "button", "aria-label": `Further ${what}` }, "further ›");
    this.element = el("div", { class: "pager", hidden: true }, this.back, this.words, this.on);
    this.back.addEventListener("click", () => onMove(Math.max(0, this.offset - this.limit)));
    this.on.addEventListener("click", () => onMove(this.offset + this.limit));
    place.after(this.element);
    this.limit = 50;
  }

  show(offset, shown, total) {
    this.offset = offset;
    this.element.hidden = offset === 0 && shown >= total;
    this.words.textContent = `${offset + 1}–${offset + shown} of ${total.toLocaleString("en")}`;
    this.back.disabled = offset === 0;
    this.on.disabled = offset + shown >= total;
  }
}

// What a form asks for, told when it changes.
export function tools(form, onChange) {
  const query = { offset: 0 };
  let timer = null;
  const read = () => {
    query.offset = 0;
    for (const [name, value] of new FormData(form)) query[name] = value;
    onChange();
  };
  form.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(read, 250); });
  form.addEventListener("submit", (event) => { event.preventDefault(); clearTimeout(timer); read(); });
  for (const [name, value] of new FormData(form)) query[name] = value;
  return query;
}

export function address(path, query) {
  const fields = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== "" && value !== 0));
  const text = fields.toString();
  return text ? `${path}?${text}` : path;
}
