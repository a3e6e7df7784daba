// The writer's own page: the draft is done with, the time for editing runs, the device remembers.
import { recall, remember } from "./memory.js";

const sent = document.querySelector("[data-mine]") && recall("sent", "sessionStorage");
if (sent) {
  remember(sent, null, "sessionStorage");
  remember("sent", null, "sessionStorage");
}

const clock = document.querySelector("[data-seconds]");
if (clock) {
  const end = Date.now() + clock.dataset.seconds * 1000;
  const tick = () => {
    const left = Math.max(0, Math.ceil((end - Date.now()) / 1000));
    const seconds = String(left % 60).padStart(2, "0");
    clock.textContent = left ? `${Math.floor(left / 60)}:${seconds}` : clock.dataset.over;
    if (!left) clearInterval(timer);
  };
  const timer = setInterval(tick, 1000);
  tick();
}

const proof = document.querySelector("[data-proof]");
proof?.addEventListener("click", () => {
  remember("proof", proof.dataset.proof);
  const done = document.querySelector("[data-done]");
  done.textContent = done.dataset.done;
});
