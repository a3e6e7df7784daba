// Reads the headline and the text aloud, where the browser has a Korean voice.
const button = document.querySelector("[data-listen]");
const text = document.querySelector("[data-text]");
const SILENT = "figure, table, pre"; // captions and figures are for the eyes
const SPOKEN = "p, h2, h3, h4, li";
let queue = null; // what is still to be read; null before it began

const voice = () =>
  speechSynthesis.getVoices().find((each) => each.lang.toLowerCase().startsWith("ko"));

function offer() {
  if (voice()) button.hidden = false;
}

function paragraphs() {
  const parts = [...text.querySelectorAll(SPOKEN)].filter(
    (part) => !part.closest(SILENT) && !part.querySelector(SPOKEN),
  );
  return [document.querySelector("h1"), ...parts].map((part) => part.textContent.trim());
}

function mark(isReading) {
  button.setAttribute("aria-pressed", isReading);
  if (!stop.isConnected) button.after(stop);
  stop.hidden = queue === null;
}

// A paragraph at a time: some browsers fall silent in the middle of a long text.
function next() {
  const words = queue?.shift();
  if (words === undefined) return end();
  const part = new SpeechSynthesisUtterance(words);
  part.lang = "ko-KR";
  part.voice = voice();
  part.onend = () => queue && next();
  speechSynthesis.speak(part);
}

function end() {
  queue = null;
  speechSynthesis.cancel();
  mark(false);
}

const stop = document.createElement("button");
stop.type = "button";
stop.className = "tool";
stop.textContent = "■";
stop.setAttribute("aria-label", button.dataset.stop);
stop.addEventListener("click", () => {
  end();
  button.focus();
});

button.addEventListener("click", () => {
  if (queue === null) {
    speechSynthesis.cancel();
    queue = paragraphs();
    next();
    mark(true);
  } else if (speechSynthesis.paused) {
    speechSynthesis.resume();
    mark(true);
  } else {
    speechSynthesis.pause();
    mark(false);
  }
});

addEventListener("pagehide", () => speechSynthesis.cancel());
speechSynthesis.addEventListener("voiceschanged", offer);
offer();
