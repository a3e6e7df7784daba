// Tags that the text names, or that its section mostly has, below the field: a press adds one.

export function propose(proposed) {
  const field = document.getElementById("id_tags");
  const shown = document.querySelector("[data-article-form] .field-tags [data-tags-proposed]");
  if (!field || shown?.contains(document.activeElement)) return;
  shown?.remove();
  field.after(proposed);
  proposed.addEventListener("click", ({ target }) => {
    if (!target.dataset.tag) return;
    const name = target.dataset.tag;
    const before = field.value.trim().replace(/,$/, "");
    field.value = [before, name.includes(",") ? `"${name}"` : name].filter(Boolean).join(", ");
    const next = target.nextElementSibling ?? target.previousElementSibling ?? field;
    target.remove();
    next.focus();
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
}
