// New comments are announced in a place kept free for it and come when the reader asks.
import "./form.js";
import { answer, release } from "./reply.js";
import { press } from "./votes.js";

const PAUSE = 60_000; // between two looks
const place = document.querySelector("[data-conversation]");
const parent = document.querySelector("[data-comment-form]")?.elements.parent;
let seen = Date.now();

async function pageAt(url) {
  const response = await fetch(url, { cache: "no-cache" });
  if (!response.ok) throw new Error(response.statusText);
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  return page.querySelector("[data-conversation]");
}

async function look() {
  if (document.hidden || Date.now() - seen < PAUSE) return;
  seen = Date.now();
  const { count } = await (await fetch(place.dataset.countUrl)).json();
  const more = count - place.dataset.conversation;
  const link = place.querySelector("[data-new]");
  link.textContent = more > 0 ? link.dataset.new.replace("{}", more) : "";
  link.hidden = more <= 0;
}

async function renew(link) {
  const fresh = await pageAt(link.href);
  const answered = parent?.value;
  release();
  place.replaceChildren(...fresh.childNodes);
  place.dataset.conversation = fresh.dataset.conversation;
  document.querySelector("[data-number]").textContent = fresh.dataset.conversation;
  press(place);
  if (answered) answer(answered);
  place.focus({ preventScroll: true });
}

async function goOn(link) {
  const next = await pageAt(link.href);
  const comments = [...next.querySelectorAll(".thread > li")];
  place.querySelector(".thread").append(...comments);
  const more = next.querySelector("[data-more]");
  if (more) link.replaceWith(more);
  else link.parentElement.remove();
  press(place);
  comments[0]?.querySelector("a, summary")?.focus({ preventScroll: true });
}

if (place) {
  const start = () => look().catch(() => {});
  setInterval(start, PAUSE);
  document.addEventListener("visibilitychange", start);
  place.addEventListener("click", (event) => {
    const link = event.target.closest("[data-new], [data-more]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const isNew = "new" in link.dataset;
    (isNew ? renew(link) : goOn(link)).catch(() => location.assign(link.href));
  });
}
