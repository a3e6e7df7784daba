// The dialog in which photos are chosen from the library or put into it, with their words.
import { element } from "./nodes.js";
import { uploads } from "./uploads.js";

const WAIT = 250; // ms after the last letter of a search

// `onDone(photos)` gets what was chosen; `pickerUrl` answers with photos of the library.
export function library(dialog, pickerUrl) {
  const grid = dialog.querySelector("[data-grid]");
  const more = dialog.querySelector("[data-more]");
  const none = dialog.querySelector("[data-none]");
  const search = dialog.querySelector("[type=search]");
  const done = dialog.querySelector("[data-done]");
  const find = dialog.querySelector("[data-find]");
  const box = uploads(dialog.querySelector("[data-uploads]"), update);
  let onDone;
  let isSingle;
  let asked = 0; // the latest search; answers to earlier ones are dropped
  let timer;

  function update() {
    const chosen = box.rows();
    done.disabled = !chosen.length || box.isBusy() || (isSingle && chosen.length > 1);
    const numbers = chosen.map((row) => row.dataset.number);
    for (const button of grid.querySelectorAll("button")) {
      button.setAttribute("aria-pressed", numbers.includes(button.dataset.number));
    }
  }

  function card(photo) {
    const image = element("img", { src: photo.small, alt: "", loading: "lazy" });
    const name = photo.alt || photo.caption || `#${photo.number}`;
    const button = element(
      "button",
      { type: "button", title: name, "aria-pressed": "false", "data-number": photo.number },
      image,
      element("span", { textContent: name }),
    );
    if (photo.warning) button.append(element("b", { textContent: photo.warning }));
    button.addEventListener("click", () => {
      const row = box.rows().find((made) => made.dataset.number === button.dataset.number);
      if (isSingle) box.clear();
      if (row) row.remove();
      else box.choose(photo).scrollIntoView({ block: "nearest" });
      update();
    });
    return element("li", {}, button);
  }

  async function load(start) {
    const number = (asked += 1);
    const query = new URLSearchParams({ q: search.value, start });
    try {
      const response = await fetch(`${pickerUrl}?${query}`, {
        headers: { Accept: "application/json" },
      });
      const answer = await response.json();
      if (number !== asked) return;
      if (answer.error) throw new Error(answer.error);
      if (!start) grid.replaceChildren();
      const cards = answer.photos.map(card);
      grid.append(...cards);
      if (start) cards[0]?.firstElementChild.focus();
      none.textContent = grid.children.length ? "" : none.dataset.empty;
      more.hidden = !answer.hasMore;
    } catch (error) {
      if (number !== asked) return;
      none.textContent = error instanceof SyntaxError ? none.dataset.failed : error.message;
      more.hidden = true;
    }
    update();
  }

  search.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => load(0), WAIT);
  });
  search.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    clearTimeout(timer);
    load(0);
  });
  more.addEventListener("click", () => load(grid.children.length));

  // Arrows walk over the grid, as the eye does.
  grid.addEventListener("keydown", (event) => {
    const buttons = [...grid.querySelectorAll("button")];
    const here = buttons.indexOf(document.activeElement);
    const top = buttons[0].offsetTop;
    const across = buttons.filter((button) => button.offsetTop === top).length;
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: across, ArrowUp: -across }[event.key];
    if (!step || !buttons[here + step]) return;
    event.preventDefault();
    buttons[here + step].focus();
  });

  done.addEventListener("click", async () => {
    done.disabled = true;
    try {
      const photos = [];
      for (const row of box.rows()) if (row.photo) photos.push(await box.keep(row));
      if (photos.length) {
        dialog.close();
        onDone(photos);
      }
    } catch {
      // The row says what is missing.
    } finally {
      update();
    }
  });
  for (const button of dialog.querySelectorAll("[data-close]")) {
    button.addEventListener("click", () => dialog.close());
  }

  // Open for new photos (`files` are taken at once), for one alone, or for the words of one `photo`.
  function open({ files = [], photo = null, single = false, then }) {
    onDone = then;
    isSingle = single;
    box.clear();
    find.hidden = Boolean(photo);
    done.textContent = photo ? done.dataset.keep : done.dataset.insert;
    if (!dialog.open) dialog.showModal();
    if (photo) box.choose(photo).querySelector("[data-field=alt]").focus();
    else {
      search.value = "";
      load(0);
      search.focus();
    }
    if (files.length) box.take(files);
    update();
  }
  return { open, take: box.take };
}
