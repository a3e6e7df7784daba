// Nothing that is typed into the form of an article is lost: it goes to the server a moment after
// it was typed, and lies on this device until the server has it. Fields are only read, never
// written to, so that no composition of Hangul is disturbed.
const PAUSE = 2000; // after the last key
const LATEST = 4000; // while somebody types without a pause
const PULSE = 15000; // how often an open form tells that it is
const PATIENCE = 10000; // how long an answer is waited for
const AGAIN = [3000, 5000, 10000, 20000]; // after a failure
const DAYS = 30 * 86_400_000;
const NOT_TEXT = ["csrfmiddlewaretoken", "key", "base", "step", "do"];

const form = document.querySelector("[data-article-form][data-autosave-url]");
const status = form?.querySelector("[data-writing]");
if (status) start();

function start() {
  const url = form.dataset.autosaveUrl;
  const base = form.dataset.base;
  const shelf = `writing.${status.dataset.user}.${status.dataset.article}.`;
  let key = form.dataset.key;
  let step = Number(form.elements.step.value);
  let sent = form.querySelector(".errornote") ? null : snapshot(); // what the server has
  let submitted = null; // what was sent as a form, with the key of now
  let isTouched = form.contains(document.activeElement);
  let waitsSince = 0; // the time of the first change that was not sent
  let timer = 0;
  let failures = 0;
  let isBusy = false;
  let isSignedOut = false;
  let shown = "";

  // What the form holds

  function snapshot() {
    const fields = [...new FormData(form)];
    return JSON.stringify(fields.filter(([name]) => !NOT_TEXT.includes(name)));
  }

  // A message to the server: with `text`, that it was typed as the step of that number.
  function message(text, number = step, of = key, on = base) {
    const data = new FormData();
    for (const [name, value] of text ? JSON.parse(text) : []) data.append(name, value);
    data.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
    data.set("key", of);
    data.set("base", on);
    data.set("step", number);
    if (text) data.set("typed", "1");
    return data;
  }

  // What was sent as a form is saved under its key; what is typed afterwards needs another.
  function leaveKey() {
    if (submitted === null) return;
    submitted = null;
    [key, step] = [newKey(), 0];
    form.elements.key.value = key;
  }

  // On this device

  function keepHere(text) {
    try {
      const copy = { base, step, at: Date.now(), text };
      localStorage.setItem(shelf + key, JSON.stringify(copy));
      return true;
    } catch {
      return false; // storage is off or full
    }
  }

  function dropHere(of) {
    try {
      localStorage.removeItem(shelf + of);
    } catch {
      // Storage is off: nothing lies there.
    }
  }

  function copiesHere() {
    try {
      return Object.keys(localStorage)
        .filter((name) => name.startsWith(shelf))
        .map((name) => ({ key: name.slice(shelf.length), ...JSON.parse(localStorage[name]) }))
        .sort((one, other) => one.at - other.at);
    } catch {
      return [];
    }
  }

  // To the server

  async function post(data) {
    const signal = AbortSignal.timeout(PATIENCE);
    const response = await fetch(url, { method: "POST", body: data, redirect: "manual", signal });
    if (response.type === "opaqueredirect") throw failure("signedOut");
    const isJson = response.headers.get("Content-Type")?.startsWith("application/json");
    if (response.status === 403 && !isJson) throw failure("token");
    if (!isJson) throw failure("failed");
    const answer = await response.json();
    if (!response.ok) throw failure("refused", answer.error);
    return answer;
  }

  // After signing in anew the form needs another token: for this, and to be sent itself.
  async function renewToken() {
    const response = await fetch(url, { redirect: "manual", cache: "no-store" });
    if (response.type === "opaqueredirect") throw failure("signedOut");
    if (!response.ok) throw failure("failed");
    form.elements.csrfmiddlewaretoken.value = (await response.json()).token;
  }

  async function send(text, number, of, on) {
    if (isSignedOut) await renewToken();
    isSignedOut = false;
    try {
      return await post(message(text, number, of, on));
    } catch (error) {
      if (error.reason !== "token") throw error;
      await renewToken();
      return post(message(text, number, of, on));
    }
  }

  async function save() {
    clearTimeout(timer);
    timer = waitsSince = 0;
    const text = snapshot();
    const isNew = text !== sent && text !== submitted;
    if (isNew) {
      leaveKey();
      step += 1;
    }
    const isHere = !isNew || keepHere(text);
    if (isBusy) {
      if (isNew) later(PAUSE);
      return;
    }
    isBusy = true;
    const [number, of] = [step, key];
    try {
      const answer = await send(isNew ? text : "", number, of);
      failures = 0;
      if (isNew && answer.is_saved && submitted === null) {
        submitted = ""; // saved from elsewhere under this key: go on with one of its own
        leaveKey();
        later(0);
      } else if (isNew) {
        sent = text;
        if (number === step && of === key) dropHere(of);
      }
      tell(answer);
    } catch (error) {
      failures += 1;
      isSignedOut = error.reason === "signedOut";
      if (isNew || text !== sent) tellOf(error, isHere);
      if (isNew) later(AGAIN[Math.min(failures, AGAIN.length) - 1]);
    } finally {
      isBusy = false;
    }
  }

  function later(delay) {
    if (!timer) timer = setTimeout(save, delay);
  }

  function change(event) {
    if (!isTouched && !event.isTrusted) return; // a script that sets the page up
    waitsSince ||= Date.now();
    clearTimeout(timer);
    const rest = waitsSince + LATEST - Date.now();
    timer = setTimeout(save, Math.max(0, Math.min(PAUSE, rest)));
  }

  // The last word of a page that goes, or may never come back.
  function leave() {
    const text = snapshot();
    if (text === sent || text === submitted || !isTouched) return;
    leaveKey();
    step += 1;
    keepHere(text);
    navigator.sendBeacon(url, message(text));
  }

  // What the writer is told

  function say(text, isWarning = false) {
    if (text === shown) return;
    shown = text;
    status.textContent = text;
    status.toggleAttribute("data-warning", isWarning);
  }

  function tell({ saved_at: at, others, newer }) {
    const texts = status.dataset;
    const parts = at ? [texts.saved.replace("{}", clock(at))] : [];
    if (others.length) parts.push(texts.others.replace("{}", others.join(", ")));
    if (newer?.is_own) parts.push(texts.newerOwn.replace("{}", clock(newer.at)));
    else if (newer) {
      parts.push(texts.newer.replace("{}", newer.by || "?").replace("{}", clock(newer.at)));
    }
    document.querySelector("[data-sign-in]").hidden = true;
    say(parts.join(" · "), Boolean(newer));
  }

  function tellOf(error, isHere) {
    const texts = status.dataset;
    const text = error.sentence || texts[error.reason] || texts.offline;
    document.querySelector("[data-sign-in]").hidden = error.reason !== "signedOut";
    say(`${text} ${isHere ? texts.here : texts.nowhere}`, true);
  }

  // What lies here from another time

  async function lookHere() {
    for (const copy of copiesHere()) {
      if (copy.at < Date.now() - DAYS) dropHere(copy.key);
      else if (copy.key !== key || copy.step > step) await offer(copy);
      else dropHere(copy.key);
    }
  }

  async function offer(copy) {
    try {
      const answer = await send("", copy.step, copy.key, copy.base);
      if (answer.is_saved || answer.step >= copy.step) return dropHere(copy.key);
    } catch {
      // Nobody to ask: offer it all the same.
    }
    const banner = document.querySelector("[data-kept-here]");
    banner.querySelector("[data-kept-at]").textContent = new Date(copy.at).toLocaleString(
      document.documentElement.lang,
      { dateStyle: "medium", timeStyle: "short" },
    );
    banner.querySelector("[data-kept-text]").textContent = beginning(copy.text);
    banner.querySelector("[data-kept-restore]").onclick = async () => {
      try {
        await send(copy.text, copy.step, copy.key, copy.base);
        location.search = `?restore=${copy.key}`;
      } catch (error) {
        tellOf(error, true);
      }
    };
    banner.querySelector("[data-kept-discard]").onclick = () => {
      dropHere(copy.key);
      banner.hidden = true;
    };
    banner.hidden = false;
  }

  form.addEventListener("input", change);
  form.addEventListener("change", change);
  for (const name of ["focusin", "pointerdown"]) {
    form.addEventListener(
      name,
      () => {
        if (!isTouched && sent !== null) sent = snapshot(); // as scripts have set it up
        isTouched = true;
      },
      { capture: true },
    );
  }
  form.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    step += 1;
    form.elements.step.value = step;
    if (event.submitter?.hasAttribute("formaction")) return; // the preview, in its own window
    clearTimeout(timer);
    timer = 0;
    submitted = snapshot();
    if (submitted !== sent) keepHere(submitted); // until the server has it
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") leave();
    else if (failures) save();
  });
  window.addEventListener("pagehide", leave);
  window.addEventListener("online", save);
  window.addEventListener("offline", () => {
    if (snapshot() !== sent) save();
  });
  setInterval(() => timer || isBusy || save(), PULSE);
  lookHere().then(save);
}

function failure(reason, sentence = "") {
  return Object.assign(new Error(reason), { reason, sentence });
}

function clock(time) {
  const options = { hour: "numeric", minute: "2-digit" };
  return new Date(time).toLocaleTimeString(document.documentElement.lang, options);
}

function beginning(text) {
  const fields = Object.fromEntries(JSON.parse(text));
  const body = new DOMParser().parseFromString(fields.body ?? "", "text/html").body.textContent;
  return [fields.headline, body.trim().slice(0, 120)].filter(Boolean).join(": ");
}

// crypto.randomUUID() is there only over HTTPS and on this machine.
function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
