// Photos on their way into the library, one row each: progress, what went wrong, their words.
const token = () => document.querySelector("[name=csrfmiddlewaretoken]").value;

// Post `fields` and resolve to the answer; reject with the sentence that tells why not.
export function post(url, fields, failed, onProgress = () => {}) {
  const body = new FormData();
  body.set("csrfmiddlewaretoken", token());
  for (const [name, value] of Object.entries(fields)) body.set(name, value);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest(); // fetch does not tell how far an upload is
    request.open("POST", url);
    request.setRequestHeader("Accept", "application/json");
    request.upload.addEventListener("progress", ({ loaded, total }) => onProgress(loaded / total));
    request.addEventListener("loadend", () => {
      let answer = {};
      try {
        answer = JSON.parse(request.responseText);
      } catch {
        // A page instead of data: signed out, or the server fell.
      }
      if (answer.photo) resolve(answer.photo);
      else reject(new Error(answer.error ?? failed));
    });
    request.send(body);
  });
}

export const isPicture = (file) =>
  file.type.startsWith("image/") || /\.(avif|webp)$/i.test(file.name);

export const picturesOf = (data) => [...(data?.files ?? [])].filter(isPicture);

// Make the box `root` take files; `onChange` is told whenever a row has come, gone or arrived.
export function uploads(root, onChange = () => {}) {
  const list = root.querySelector("[data-rows]");
  const pattern = root.querySelector("template[data-row]");
  const { uploadUrl, wordsUrl, maxBytes, tooLarge, failed } = root.dataset;
  let work = Promise.resolve(); // one file after the other: the server takes one at a time

  function row() {
    const made = pattern.content.firstElementChild.cloneNode(true);
    list.append(made);
    made.querySelector("[data-leave]").addEventListener("click", () => {
      made.remove();
      onChange();
    });
    made.querySelector("[data-again]").addEventListener("click", () => send(made));
    made.querySelector("[data-keep]")?.addEventListener("click", () => keep(made).catch(() => {}));
    return made;
  }

  function say(made, text) {
    const place = made.querySelector("[data-error]");
    place.textContent = text;
    place.hidden = !text;
  }

  // Show a photo of the library in a row, with its words to be written.
  function fill(made, photo) {
    made.photo = photo;
    made.dataset.number = photo.number;
    const image = made.querySelector("img");
    image.src = photo.small;
    image.hidden = false;
    made.querySelector("[data-words]").hidden = false;
    for (const field of made.querySelectorAll("[data-field]")) {
      const value = photo[field.dataset.field];
      if (field.type === "checkbox") field.checked = value;
      else field.value = value;
    }
    made.querySelector("[data-found-ai]").hidden = !(photo.isAi && made.file);
    made.querySelector("[data-warning]").textContent = photo.warning;
  }

  function send(made) {
    say(made, "");
    made.querySelector("[data-again]").hidden = true;
    const progress = made.querySelector("progress");
    progress.hidden = false;
    progress.value = 0;
    made.setAttribute("aria-busy", "true");
    const arrived = work.then(async () => {
      if (!made.isConnected) return;
      try {
        if (made.file.size > Number(maxBytes)) throw new Error(tooLarge);
        fill(
          made,
          await post(uploadUrl, { file: made.file }, failed, (part) => {
            if (part < 1) progress.value = part;
            else progress.removeAttribute("value"); // sent; now it is drawn
          }),
        );
      } catch (error) {
        say(made, error.message);
        made.querySelector("[data-again]").hidden = false;
      }
      progress.hidden = true;
      made.removeAttribute("aria-busy");
      onChange();
    });
    work = arrived;
    return arrived;
  }

  // Keep the words of a row; reject if the server does not take them.
  async function keep(made) {
    const fields = {};
    for (const field of made.querySelectorAll("[data-field]")) {
      const value = field.type === "checkbox" ? field.checked : field.value.trim();
      fields[field.dataset.field] = value;
    }
    const { photo } = made;
    const isSame = Object.entries(fields).every(([name, value]) => photo[name] === value);
    if (isSame && photo.alt) return photo;
    const { isAi, ...words } = fields;
    say(made, "");
    try {
      const url = wordsUrl.replace("/0/", `/${photo.number}/`);
      fill(made, await post(url, { ...words, ...(isAi ? { is_ai_generated: "on" } : {}) }, failed));
    } catch (error) {
      say(made, error.message);
      made.querySelector("[data-field=alt]").focus();
      throw error;
    }
    made.querySelector("[data-kept]")?.removeAttribute("hidden");
    onChange();
    return made.photo;
  }

  function take(files) {
    for (const file of files) {
      const made = row();
      made.file = file;
      made.querySelector("[data-name]").textContent = file.name;
      send(made);
    }
    onChange();
  }

  function choose(photo) {
    const made = row();
    made.querySelector("[data-name]").textContent = "";
    fill(made, photo);
    onChange();
    return made;
  }

  root.addEventListener("change", (event) => {
    if (event.target.type !== "file") return;
    take(event.target.files);
    event.target.value = "";
  });
  root.addEventListener("input", (event) => {
    event.target.closest("li")?.querySelector("[data-kept]")?.setAttribute("hidden", "");
  });
  root.addEventListener("dragover", (event) => {
    event.preventDefault();
    root.classList.add("is-over");
  });
  root.addEventListener("dragleave", () => root.classList.remove("is-over"));
  root.addEventListener("drop", (event) => {
    event.preventDefault();
    root.classList.remove("is-over");
    take(picturesOf(event.dataTransfer));
  });
  document.addEventListener("paste", (event) => {
    const files = picturesOf(event.clipboardData);
    if (!files.length || !root.checkVisibility() || event.defaultPrevented) return;
    event.preventDefault();
    take(files);
  });

  const rows = () => [...list.children];
  return {
    take,
    choose,
    keep,
    rows,
    isBusy: () => rows().some((made) => made.ariaBusy === "true"),
    clear: () => list.replaceChildren(),
  };
}
