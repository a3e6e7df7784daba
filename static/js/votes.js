// Votes change in place; this device remembers them, so that pressing again takes one back.
import { recall, remember } from "./memory.js";

const buttonsIn = (place) => place.querySelectorAll('button[form="vote"][formaction$="/vote/"]');
const numberOf = (button) => button.getAttribute("formaction").match(/\d+/)[0];

export function press(place) {
  const votes = recall("votes") ?? {};
  for (const button of buttonsIn(place)) {
    button.setAttribute("aria-pressed", votes[numberOf(button)] === button.value);
  }
}

async function vote(button) {
  const number = numberOf(button);
  const value = button.getAttribute("aria-pressed") === "true" ? "0" : button.value;
  const body = new URLSearchParams({ token: button.form.elements.token.value, vote: value });
  const headers = { Accept: "application/json" };
  const response = await fetch(button.formAction, { method: "POST", body, headers });
  if (!response.ok) {
    button.dataset.plain = ""; // the page that follows says why
    return button.click();
  }
  const { up, down } = await response.json();
  const votes = recall("votes") ?? {};
  if (value === "0") delete votes[number];
  else votes[number] = value;
  remember("votes", votes);
  for (const each of button.parentElement.querySelectorAll("[name=vote]")) {
    each.querySelector("b").textContent = (each.value === "1" ? up : down) || "";
    each.setAttribute("aria-pressed", votes[number] === each.value);
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest('[name="vote"][form="vote"]');
  if (!button?.querySelector("b") || "plain" in button.dataset) return;
  event.preventDefault();
  if (button.ariaBusy === "true") return;
  button.ariaBusy = "true";
  vote(button)
    .catch(() => {}) // no network: nothing was counted, nothing changes
    .finally(() => (button.ariaBusy = "false"));
});

press(document);
