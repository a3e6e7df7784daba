// The comment form: what was typed survives a reload, the writer is remembered if they ask.
import { recall, remember } from "./memory.js";
import { answer, form } from "./reply.js";

if (form) {
  const { text, author_name: name, email, parent, proof, once } = form.elements;
  const keep = form.querySelector("[data-remember]");
  const counter = form.querySelector("[data-counter]");
  const key = `draft ${form.getAttribute("action")}`;

  const writer = recall("writer");
  keep.checked = Boolean(writer);
  name.value ||= writer?.name ?? "";
  email.value ||= writer?.email ?? "";
  proof.value = recall("proof") ?? "";
  once.value ||= [...crypto.getRandomValues(new Uint32Array(3))].join("-");

  const count = () => {
    counter.textContent = `${[...text.value].length} / ${text.maxLength}`;
  };
  const draft = recall(key, "sessionStorage");
  if (draft && !text.value) {
    text.value = draft.text;
    if (draft.parent !== parent.value) answer(draft.parent);
  }
  count();
  text.addEventListener("input", () => {
    count();
    const typed = text.value && { text: text.value, parent: parent.value };
    remember(key, typed, "sessionStorage");
  });

  // Once the comment has arrived its page forgets the draft (mine.js).
  remember("sent", null, "sessionStorage");
  form.addEventListener("submit", () => {
    remember("sent", key, "sessionStorage");
    remember("writer", keep.checked && { name: name.value, email: email.value });
  });
}
