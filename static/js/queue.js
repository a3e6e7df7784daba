// The moderators' queue: one key a decision, sent in the background, the next card in place.
// Without this file every button posts the form that it stands in, and the page comes anew.
const form = document.getElementById("changelist-form");
const queue = form?.querySelector("[data-queue]");
const said = document.getElementById("queue-said");
const FEW = 8; // with fewer cards that wait, the next ones are fetched
const steps = []; // what can be taken back, the latest last
let work = Promise.resolve(); // one request after the other, so that undo knows what came before
let isFetching = false;
let isAtEnd = false;

const cards = () => [...queue.querySelectorAll("[data-card]")];
const isOpen = (card) => !card.matches(".is-done, [data-busy]");
const current = () => document.activeElement?.closest?.("[data-card]") ?? null;
const cardOf = (number) => document.getElementById(`comment-${number}`);

function focus(card) {
  if (!card) return;
  card.focus({ preventScroll: true });
  card.scrollIntoView({ block: "nearest" });
}

function move(step, test = () => true) {
  const list = cards();
  const here = list.indexOf(current());
  const rest = step > 0 ? list.slice(here + 1) : list.slice(0, Math.max(here, 0)).reverse();
  focus(rest.find(test));
  return rest.find(test);
}

function say(text) {
  said.textContent = text;
}

// Do `task` after what was asked for before it.
function later(task) {
  form.dataset.working = Number(form.dataset.working) + 1;
  work = work.then(task).finally(() => {
    form.dataset.working -= 1;
  });
}

function fields(card, button) {
  const body = new URLSearchParams({ [button.name]: button.value });
  body.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
  for (const field of card?.querySelectorAll("input:not([type=checkbox]), select") ?? []) {
    body.append(field.name, field.value);
  }
  return body;
}

async function post(body) {
  // Not form.action: that is what the buttons of this name are called.
  const response = await fetch(form.getAttribute("action") ?? location.href, {
    method: "POST",
    body,
    keepalive: true,
    headers: { "X-Requested-With": "fetch" },
  });
  if (!response.ok || response.redirected) throw new Error(response.status);
  return new DOMParser().parseFromString(await response.text(), "text/html");
}

function count(answer) {
  for (const number of answer.querySelectorAll("[data-count]")) {
    const shown = document.querySelector(`[data-count="${number.dataset.count}"]`);
    if (shown) shown.textContent = number.textContent;
  }
}

// Put what the server answers in place of the cards that it is about.
function show(answer) {
  let isFocused = false;
  for (const card of answer.querySelectorAll("[data-card]")) {
    const old = document.getElementById(card.id);
    if (!old) continue;
    isFocused ||= old.contains(document.activeElement);
    old.replaceWith(card);
    if (isFocused) focus(card);
  }
  count(answer);
  const result = answer.querySelector("[data-said]");
  say(result.textContent);
  return result.dataset;
}

function decide(button) {
  const card = button.closest("[data-card]");
  const body = fields(card, button);
  const name = button.value.split(":")[0];
  const isDecision = ["approve", "refuse", "spam", "trash", "keep", "blind"].includes(name);
  if (isDecision) {
    card.dataset.busy = "";
    move(1, isOpen) ?? move(-1, isOpen) ?? focus(card);
  } else {
    focus(card);
  }
  later(async () => {
    try {
      const { batch } = show(await post(body));
      if (batch) steps.push(batch);
    } catch {
      delete card.dataset.busy;
      say(said.dataset.failed);
      focus(card);
    }
    await more();
  });
}

function undo(batch) {
  const body = fields(null, { name: "do", value: `undo:${batch}` });
  later(async () => {
    try {
      const answer = await post(body);
      const first = answer.querySelector("[data-card]");
      show(answer);
      const place = steps.lastIndexOf(batch);
      if (place >= 0) steps.splice(place, 1);
      if (first) focus(cardOf(first.dataset.card));
    } catch {
      say(said.dataset.failed);
    }
    await more();
  });
}

// Append the cards that follow, before the moderator reaches the end.
async function more() {
  const waiting = cards().filter(isOpen).length;
  const empty = document.querySelector("[data-empty]");
  if (!empty) return;
  empty.hidden = waiting > 0;
  // At the end of the list only what came meanwhile is asked for, once all is done.
  if (isFetching || waiting > FEW || (isAtEnd && waiting)) return;
  isFetching = true;
  try {
    const response = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (!response.ok || response.redirected) return;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const fresh = [...page.querySelectorAll("[data-card]")].filter(
      (card) => !document.getElementById(card.id),
    );
    count(page);
    queue.append(...fresh);
    isAtEnd = !fresh.length;
    empty.hidden = waiting + fresh.length > 0;
    const here = current();
    if (fresh.length && !(here && isOpen(here))) focus(cards().find(isOpen));
  } catch {
    // The cards that are here go on; the next decision tries again.
  } finally {
    isFetching = false;
  }
}

function open(card, kind) {
  const details = card?.querySelector(kind);
  if (!details) return;
  details.open = !details.open;
  details.querySelector("summary").focus();
}

const KEYS = {
  KeyJ: () => move(1),
  KeyK: () => move(-1),
  KeyR: (card) => open(card, "[data-refuse]"),
  KeyM: (card) => open(card, "[data-more]"),
  KeyX: (card) => card?.querySelector(".card-pick input")?.click(),
  KeyU: () => {
    later(() => {
      const batch = steps.at(-1);
      if (batch) undo(batch);
      else document.querySelector("[data-undo]")?.click();
    });
  },
};

// By the place of the key, since a Korean keyboard says ㅁ where an English one says a.
function press(event) {
  if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
  const field = event.target.closest?.("input:not([type=checkbox]), textarea, select");
  if (field || !isOn()) return;
  const keys = document.querySelector("[data-keys]");
  if (event.code === "Slash" && event.shiftKey && keys) {
    keys.open = !keys.open;
    keys.querySelector("summary").focus();
  } else if (event.code === "Escape") {
    const details = event.target.closest?.("[data-card] details[open]");
    if (!details) return;
    details.open = false;
    focus(details.closest("[data-card]"));
  } else if (event.shiftKey || event.repeat || !act(event)) {
    return;
  }
  event.preventDefault();
}

function act(event) {
  const card = current() ?? cards().find(isOpen);
  if (KEYS[event.code]) {
    KEYS[event.code](card);
    return true;
  }
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(event.code)?.[1];
  const letter = /^Key(\w)$/.exec(event.code)?.[1].toLowerCase();
  let button = letter && card?.querySelector(`[data-key~="${letter}"]`);
  if (digit && card?.querySelector("[data-refuse]")?.open) {
    button = card.querySelectorAll("[data-reason]")[digit - 1];
    if (digit === "0") button = card.querySelector("[data-no-reason]");
  }
  if (!button || !isOpen(card)) return false;
  decide(button);
  return true;
}

const isOn = () => document.querySelector("[data-keys-on]")?.checked ?? true;

// Remembered on this device: single keys get in the way of speech input.
function remember() {
  const box = document.querySelector("[data-keys-on]");
  if (!box) return;
  try {
    box.checked = localStorage.getItem("queue-keys") !== "off";
    box.addEventListener("change", () => {
      localStorage.setItem("queue-keys", box.checked ? "on" : "off");
    });
  } catch {
    // Without storage it holds for this page.
  }
}

if (queue) {
  form.dataset.working = 0;
  document.querySelector("[data-keys]")?.removeAttribute("hidden");
  remember();
  const page = document.querySelector("[data-select-page]");
  page?.removeAttribute("hidden");
  page?.addEventListener("change", (event) => {
    for (const box of queue.querySelectorAll(".card-pick input")) box.checked = event.target.checked;
  });
  form.addEventListener("change", (event) => {
    const bulk = document.querySelector("[data-bulk]");
    if (bulk && event.target.checked && event.target.closest(".card-pick")) bulk.open = true;
  });
  form.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (button?.name !== "do" || !button.closest("[data-card]")) return;
    event.preventDefault();
    if (button.dataset.undo !== undefined) undo(button.value.slice("undo:".length));
    else decide(button);
  });
  document.addEventListener("keydown", press);
  const view = document.querySelector(".queue-views [aria-current]");
  view?.closest("ul").scrollTo({ left: view.offsetLeft - 24 });
}
