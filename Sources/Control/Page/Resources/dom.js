// Elements are made here and nowhere else, and text goes in as text: names come from peers, and are never markup.

export const byId = (id) => document.getElementById(id);

// An element with attributes and children; a child is an element or a text. `class`, `title` and such are attributes.
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}

// Text of a foreign hand: its writing direction stays its own.
export const foreign = (text, attributes = {}) => el("bdi", attributes, text ?? "");

// A text that may be cut off where there is no room; all of it is in the title.
export const cut = (text, attributes = {}) => foreign(text, { class: "cut", title: text, ...attributes });

// Sets a text only where it differs, so that screen readers and selections are left alone.
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// A list of terms: [[term, value, title]].
export function terms(list, entries) {
  const wanted = entries.filter((entry) => entry[1] !== null && entry[1] !== undefined && entry[1] !== "");
  const key = wanted.map((entry) => entry[0]).join("\n");
  if (list.dataset.key !== key) {
    list.dataset.key = key;
    list.replaceChildren(...wanted.map(([term]) => el("div", {}, el("dt", {}, term), el("dd"))));
  }
  wanted.forEach(([, value, title], index) => {
    const place = list.children[index].lastElementChild;
    if (value instanceof Node) {
      if (place.dataset.sign !== value.outerHTML) { place.dataset.sign = value.outerHTML; place.replaceChildren(value); }
    } else { setText(place, value); }
    if (title) place.title = title;
  });
}
