// The layout of the front page: places are moved where they stand, by button or by dragging;
// what needs the server (search, add) is fetched. Without this file every button posts the form.
const form = document.querySelector("[data-front]");
const list = form.querySelector("[data-places]");
const said = form.querySelector("[data-said]");
let isChanged = false;
let dragged = null;

const places = () => [...list.querySelectorAll("[data-place]")];

function say(text) {
  said.textContent = text;
}

function change(place) {
  isChanged = true;
  if (place) say(form.dataset.moved.replace("{n}", places().indexOf(place) + 1));
}

function move(place, way) {
  const { previousElementSibling: above, nextElementSibling: below } = place;
  if (way === "up" && above) above.before(place);
  if (way === "down" && below) below.after(place);
  if (way === "top") list.prepend(place);
  change(place);
}

function remove(place) {
  const next = place.nextElementSibling ?? place.previousElementSibling;
  place.remove();
  change();
  (next?.querySelector("[data-move=remove]") ?? form.elements.q).focus();
}

// Post what the form holds, and take over the places and the articles found.
async function post(button) {
  const body = new URLSearchParams(new FormData(form, button));
  const answer = await fetch(form.getAttribute("action"), { method: "POST", body });
  if (!answer.ok || answer.redirected) throw new Error(answer.status);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of ["[data-places]", "[data-found]"]) {
    form.querySelector(part).replaceChildren(...page.querySelector(part).childNodes);
  }
}

form.addEventListener("click", (event) => {
  const button = event.target.closest("button[name=do]");
  const place = button?.closest("[data-place]");
  const [wish, key] = button?.value.split(":") ?? [];
  if (!button || wish === "save") return;
  event.preventDefault();
  if (wish === "remove") return remove(place);
  if (place) {
    move(place, wish);
    return button.focus();
  }
  post(button)
    .then(() => {
      if (wish !== "add") return;
      change();
      const added = list.querySelector(`[data-place="${key}"]`);
      change(added);
      added?.querySelector("[data-move=up]").focus();
    })
    .catch(() => say(form.dataset.failed));
});

form.elements.q.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.isComposing) return;
  event.preventDefault();
  form.querySelector("[value=search]").click();
});

// Dragging by the grip, with mouse, pen or finger.
list.addEventListener("pointerdown", (event) => {
  if (!event.target.closest("[data-grip]")) return;
  event.preventDefault();
  dragged = event.target.closest("[data-place]");
  dragged.classList.add("is-dragged");
  list.setPointerCapture(event.pointerId);
});

list.addEventListener("pointermove", (event) => {
  if (!dragged) return;
  const over = places().find((place) => {
    const box = place.getBoundingClientRect();
    return place !== dragged && event.clientY > box.top && event.clientY < box.bottom;
  });
  if (!over) return;
  const { top, height } = over.getBoundingClientRect();
  if (event.clientY < top + height / 2) over.before(dragged);
  else over.after(dragged);
});

for (const end of ["pointerup", "pointercancel"]) {
  list.addEventListener(end, () => {
    if (!dragged) return;
    dragged.classList.remove("is-dragged");
    change(dragged);
    dragged = null;
  });
}

form.addEventListener("change", (event) => {
  if (event.target.name !== "q") isChanged = true;
});
form.addEventListener("submit", (event) => {
  if (event.submitter?.value === "save") isChanged = false;
});
window.addEventListener("beforeunload", (event) => {
  if (isChanged) event.preventDefault();
});
