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
