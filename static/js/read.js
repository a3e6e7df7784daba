// Says once that this article is read: after a while in view, not again on a reload.
const { countRead: address } = document.querySelector("[data-count-read]").dataset;
const LONG_ENOUGH = 5000; // ms in view

function isNew() {
  try {
    if (sessionStorage[address]) return false;
    sessionStorage[address] = "read";
  } catch {
    // Storage is off: the server leaves out whoever comes back too.
  }
  return true;
}

let waiting;
function watch() {
  clearTimeout(waiting);
  if (document.visibilityState !== "visible") return;
  waiting = setTimeout(() => {
    document.removeEventListener("visibilitychange", watch);
    if (!navigator.webdriver && isNew()) fetch(address, { method: "POST", keepalive: true, credentials: "omit" });
  }, LONG_ENOUGH);
}
document.addEventListener("visibilitychange", watch);
watch();
