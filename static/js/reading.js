// Light and dark, text size, printing; where in the paper we are. Choices stay on this device.
const root = document.documentElement;

function remember(name, value) {
  try {
    localStorage[name] = value;
  } catch {
    // Storage is off: the choice lasts for this page.
  }
}

const here = document.querySelector(".sections [aria-current]");
if (here) here.closest("ul").scrollLeft = here.offsetLeft - innerWidth / 2;

const themeSwitch = document.querySelector("[data-theme-switch]");
if (themeSwitch) {
  themeSwitch.addEventListener("click", () => {
    const systemIsDark = matchMedia("(prefers-color-scheme: dark)").matches;
    const isDark = root.dataset.theme ? root.dataset.theme === "dark" : systemIsDark;
    root.dataset.theme = isDark ? "light" : "dark";
    remember("theme", root.dataset.theme);
  });
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-step], [data-print]");
  if (!button) return;
  if ("print" in button.dataset) return print();
  const size = Number(root.dataset.size ?? 0) + Number(button.dataset.step);
  root.dataset.size = Math.max(-1, Math.min(3, size));
  remember("textSize", root.dataset.size);
});
