// The photo library: uploads with their progress, and the focal point set on the picture.
import { uploads } from "./uploads.js";

const plain = document.querySelector("[data-plain-upload]");
if (plain) {
  plain.after(document.querySelector("[data-upload-box]").content.cloneNode(true));
  // The form stays for its token; whoever has a script uses the box.
  plain.hidden = true;
  uploads(document.querySelector("[data-uploads]"));
}

const focal = document.querySelector("[data-focal]");
const fields = [document.querySelector("[name=focal_x]"), document.querySelector("[name=focal_y]")];
if (focal && fields.every(Boolean)) focus(focal, ...fields);

function focus(root, x, y) {
  const picture = root.querySelector("[data-focal-picture]");
  const point = root.querySelector("[data-focal-point]");
  const crops = [...root.querySelectorAll("[data-crop]")];
  for (const crop of crops) crop.src = root.dataset.whole; // the crop is cut here, as it will be

  function show() {
    point.style.insetInlineStart = `${x.value}%`;
    point.style.insetBlockStart = `${y.value}%`;
    for (const crop of crops) crop.style.objectPosition = `${x.value}% ${y.value}%`;
  }
  function set(left, top) {
    const inside = (value) => Math.min(100, Math.max(0, Math.round(value)));
    [x.value, y.value] = [inside(left), inside(top)];
    x.dispatchEvent(new Event("input", { bubbles: true }));
  }
  picture.addEventListener("click", (event) => {
    if (event.target === point) return;
    const box = picture.getBoundingClientRect();
    set(
      ((event.clientX - box.left) / box.width) * 100,
      ((event.clientY - box.top) / box.height) * 100,
    );
  });
  point.addEventListener("keydown", (event) => {
    const step = event.shiftKey ? 10 : 1;
    const moves = {
      ArrowLeft: [-step, 0],
      ArrowRight: [step, 0],
      ArrowUp: [0, -step],
      ArrowDown: [0, step],
    };
    if (!moves[event.key]) return;
    event.preventDefault();
    set(Number(x.value) + moves[event.key][0], Number(y.value) + moves[event.key][1]);
  });
  x.form.addEventListener("input", show);
  point.hidden = false;
  root.querySelector("[data-focal-help]").hidden = false;
  show();
}
