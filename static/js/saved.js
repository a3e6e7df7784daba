// Articles to read later: a list that this device alone has.
import { recall, remember } from "./memory.js";

const MOST = 200;
const saved = () => recall("saved") ?? [];
const button = document.querySelector("[data-save]");
const list = document.querySelector("[data-saved]");

function keep(entries) {
  remember("saved", entries.length ? entries.slice(0, MOST) : null);
}

function mark() {
  const isSaved = saved().some((entry) => entry.key === button.dataset.save);
  button.setAttribute("aria-pressed", isSaved);
}

button?.addEventListener("click", () => {
  const key = button.dataset.save;
  const others = saved().filter((entry) => entry.key !== key);
  const isSaved = others.length < saved().length;
  const entry = { key, url: location.pathname, title: document.querySelector("h1").textContent };
  keep(isSaved ? others : [entry, ...others]);
  mark();
});

function draw() {
  const row = list.querySelector("template").content.firstElementChild;
  const rows = saved().map((entry) => {
    const item = document.importNode(row, true); // a template's own links have no site
    const link = item.querySelector("a");
    link.pathname = entry.url; // a path of this site, whatever was stored
    link.textContent = entry.title;
    item.querySelector("button").addEventListener("click", () => {
      keep(saved().filter((other) => other.key !== entry.key));
      draw();
      list.focus();
    });
    return item;
  });
  list.querySelector("ol").replaceChildren(...rows);
  list.querySelector("[data-none]").hidden = rows.length > 0;
}

if (button) mark();
if (list) draw();
