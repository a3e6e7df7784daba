// Copying the short address, and the device's own share sheet (KakaoTalk is in it).
function say(place, text) {
  const note = document.createElement("span");
  note.className = "share-done";
  note.setAttribute("role", "status");
  place.append(note);
  note.textContent = text;
  setTimeout(() => note.remove(), 2500);
}

for (const link of document.querySelectorAll("[data-copy]")) {
  link.addEventListener("click", async (event) => {
    if (!navigator.clipboard) return; // the link itself leads to the address
    event.preventDefault();
    await navigator.clipboard.writeText(link.href);
    say(link.parentElement, link.dataset.done);
  });
}

for (const button of document.querySelectorAll("[data-share]")) {
  button.addEventListener("click", () => {
    const url = button.parentElement.querySelector("[data-copy]").href;
    navigator.share({ title: document.title, url }).catch(() => {});
  });
}

for (const button of document.querySelectorAll("[data-kakao]")) {
  button.addEventListener("click", async () => {
    const kakao = await import("./kakao.js");
    kakao.share(button.dataset.kakao, button.parentElement.querySelector("[data-copy]").href);
  });
}

// The other ways close when the reader goes on elsewhere.
document.addEventListener("click", (event) => {
  for (const more of document.querySelectorAll(".share-more[open]")) {
    if (!more.contains(event.target)) more.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  const more = event.key === "Escape" && document.querySelector(".share-more[open]");
  if (!more) return;
  more.open = false;
  more.querySelector("summary").focus();
});
