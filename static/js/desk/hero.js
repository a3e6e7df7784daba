// The hero photo, chosen in the dialog of the library instead of by its number. The dialog is the
// editor's; without that, or without this file, the number is typed.
import { library } from "./library.js";

const root = document.querySelector("[data-hero]");
const dialogs = document.querySelector("template[data-dialogs]");
if (root && dialogs) start();

function start() {
  const field = root.querySelector("input");
  const shown = root.querySelector("[data-shown]");
  const choose = root.querySelector("[data-choose]");
  const remove = root.querySelector("[data-remove]");
  let photos;

  function put(photo) {
    field.value = photo?.number ?? "";
    shown.hidden = remove.hidden = !photo;
    shown.querySelector("img").src = photo?.small ?? "";
    shown.querySelector("[data-name]").textContent = photo ? photo.alt || photo.caption || `#${photo.number}` : "";
    shown.querySelector("[data-warning]").textContent = photo?.warning ?? "";
    choose.focus();
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  function open() {
    if (!photos) {
      const dialog = dialogs.content.querySelector("[data-library]").cloneNode(true);
      dialog.querySelector("[data-done]").dataset.insert = root.dataset.put;
      document.body.append(dialog); // a form inside a form would be part of it
      photos = library(dialog, root.dataset.picker);
    }
    photos.open({ single: true, then: ([photo]) => put(photo) });
  }

  choose.addEventListener("click", open);
  remove.addEventListener("click", () => put(null));
  root.classList.add("is-chosen-here");
  root.querySelector("[data-buttons]").hidden = false;
}
