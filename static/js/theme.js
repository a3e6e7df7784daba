// Before the first paint: the reader's own choice of light or dark and of text size, and
// what this browser can do, so that no tool appears late and moves the page.
{
  const root = document.documentElement;
  root.dataset.scripted = "";
  if (navigator.share) root.dataset.canShare = "";
  try {
    const { theme, textSize } = localStorage;
    if (theme) root.dataset.theme = theme;
    if (textSize) root.dataset.size = textSize;
  } catch {
    // Storage is off: the page follows the system.
  }
}
