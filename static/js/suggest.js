// Suggests words and headlines while somebody types; without it the form searches as it is.
const form = document.querySelector("[data-suggest]");
const field = form.elements.q;
const list = document.createElement("div");
const PAUSE = 150; // ms without a key before the site is asked
let waiting, asked, chosen = -1;

list.className = "suggestions";
list.id = "suggestions";
list.role = "listbox";
list.hidden = true;
field.after(list);
field.autocomplete = "off";
field.role = "combobox";
field.setAttribute("aria-controls", list.id);
field.setAttribute("aria-autocomplete", "list");
close();

function close() {
  list.hidden = true;
  chosen = -1;
  field.setAttribute("aria-expanded", "false");
  field.removeAttribute("aria-activedescendant");
}

function option(text, className, act) {
  const item = document.createElement("div");
  item.role = "option";
  item.id = `suggestion-${list.children.length}`;
  item.className = className;
  item.textContent = text;
  item.addEventListener("pointerdown", (event) => event.preventDefault()); // the field keeps the focus
  item.addEventListener("click", act);
  list.append(item);
}

async function ask() {
  const text = field.value;
  asked?.abort();
  asked = new AbortController();
  if (!text.trim()) return close();
  const address = `${form.dataset.suggest}?q=${encodeURIComponent(text)}`;
  let found;
  try {
    const answer = await fetch(address, { signal: asked.signal, credentials: "omit" });
    if (!answer.ok) return close();
    found = await answer.json();
  } catch {
    return close(); // a newer question took its place, or there is no network
  }
  list.replaceChildren();
  for (const words of found.words) {
    option(words, "", () => { field.value = words; form.requestSubmit(); });
  }
  for (const { headline, url } of found.articles) {
    option(headline, "is-article", () => { location.href = url; });
  }
  close();
  if (list.children.length && document.activeElement === field) {
    list.hidden = false;
    field.setAttribute("aria-expanded", "true");
  }
}

function move(step) {
  const items = [...list.children];
  chosen = (chosen + step + items.length + 1) % (items.length + 1);
  if (chosen === items.length) chosen = -1;
  items.forEach((item, at) => item.setAttribute("aria-selected", String(at === chosen)));
  if (chosen < 0) field.removeAttribute("aria-activedescendant");
  else field.setAttribute("aria-activedescendant", items[chosen].id);
}

field.addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(ask, PAUSE);
});
field.addEventListener("blur", close);
field.addEventListener("keydown", (event) => {
  if (list.hidden || event.isComposing) return;
  if (event.key === "ArrowDown") move(1);
  else if (event.key === "ArrowUp") move(-1);
  else if (event.key === "Escape") close();
  else if (event.key === "Enter" && chosen >= 0) list.children[chosen].click();
  else return;
  event.preventDefault();
});
