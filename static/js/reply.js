// The form comes to the comment that is answered, and goes back home when that is cancelled.
export const form = document.querySelector("[data-comment-form]");
const line = form?.querySelector("[data-answering]");
const home = document.createElement("div");
form?.before(home);
let link = null; // the one that the form came to

// What the reader looks at stays where it is on the screen.
function steadily(element, change) {
  const top = element.getBoundingClientRect().top;
  change();
  scrollBy({ top: element.getBoundingClientRect().top - top, behavior: "instant" });
}

export function answer(id) {
  const comment = document.getElementById(`comment-${id}`);
  const reply = comment?.querySelector(".reply");
  if (!form || !reply) return false;
  steadily(comment, () => comment.after(form));
  form.elements.parent.value = id;
  const name = comment.querySelector("bdi").textContent;
  line.querySelector("b").textContent = line.dataset.answering.replace("{}", () => name);
  line.hidden = false;
  link = reply;
  return true;
}

export function release() {
  if (!link) return;
  steadily(link, () => home.after(form));
  form.elements.parent.value = "";
  line.hidden = true;
  link.focus({ preventScroll: true });
  link = null;
}

document.addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  const reply = event.target.closest(".reply");
  const isCancelled = link && event.target.closest("[data-cancel]");
  if (isCancelled) release();
  else if (!reply || !answer(new URL(reply.href).searchParams.get("reply_to"))) return;
  else form.elements.text.focus();
  event.preventDefault();
});

form?.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !event.isComposing) release();
});
