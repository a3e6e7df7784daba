// The check of the copy, beside the form while somebody writes. The form is only read; a click
// on a finding leads to its words. Where the server does not answer, what was shown stays.
import { propose } from "./tags.js";

const PAUSE = 1500; // after the last key
const PATIENCE = 15000;

const form = document.querySelector("[data-article-form]");
const panel = form?.querySelector("[data-checks]");
if (panel) start();

function start() {
  const count = panel.querySelector("[data-checks-count]");
  const list = panel.querySelector("[data-checks-found]");
  let timer = 0;
  let isBusy = false;
  let shown = "";

  async function check() {
    timer = 0;
    if (isBusy) return later();
    isBusy = true;
    try {
      const signal = AbortSignal.timeout(PATIENCE);
      const body = new FormData(form);
      const response = await fetch(panel.dataset.checks, {
        method: "POST", body, redirect: "manual", signal,
      });
      if (response.ok) answer(await response.text());
    } catch {
      // Asked again after the next key.
    } finally {
      isBusy = false;
    }
  }

  // Tags that come with the findings go below their field.
  function answer(html) {
    const parts = document.createElement("template");
    parts.innerHTML = html;
    const tags = parts.content.querySelector("[data-tags-proposed]");
    tags.remove();
    propose(tags);
    show(parts.innerHTML);
  }

  // What is the same stays, with its tick and what is opened; what is new is to be ticked anew.
  function show(html) {
    if (html === shown) return;
    shown = html;
    const isAsked = list.contains(document.activeElement);
    list.innerHTML = html;
    tell();
    if (isAsked) panel.focus({ preventScroll: true });
  }

  // The sentence of the server is moved to where it is read aloud when it changes.
  function tell() {
    const summary = list.querySelector("[data-checks-summary]");
    if (!summary) return;
    if (count.textContent !== summary.textContent) count.textContent = summary.textContent;
    summary.remove();
  }

  function later() {
    clearTimeout(timer);
    timer = setTimeout(check, PAUSE);
  }

  function change(event) {
    if (!panel.contains(event.target)) later();
  }

  form.addEventListener("input", change);
  form.addEventListener("change", change);
  panel.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-field]");
    if (link && goTo(link.dataset)) event.preventDefault();
  });
  if (panel.hasAttribute("data-asked")) {
    tell();
    panel.scrollIntoView({ block: "nearest" });
    panel.focus({ preventScroll: true });
  } else {
    later();
  }
}

// To the place of a finding

function goTo({ field: name, find: words, nth, photo }) {
  const field = document.getElementById(name === "bylines" ? "id_bylines_0" : `id_${name}`);
  if (!field) return false;
  const rich = field.hidden && field.closest("[data-editor]")?.querySelector(".editor-text");
  if (rich) return goToEditor(rich, field, words, Number(nth), photo);
  const choose = field.closest("[data-hero]")?.querySelector("[data-choose]");
  (choose ?? field).focus();
  if (typeof field.setSelectionRange === "function" && field.type !== "number") {
    select(field, photo ? markOf(field, photo) : placeOf(sourceText(field), words, Number(nth)));
  }
  (choose ?? field).scrollIntoView({ block: "center" });
  return true;
}

function goToEditor(editor, field, words, nth, photo) {
  editor.focus({ preventScroll: true });
  if (photo) {
    const numbers = [...field.value.matchAll(/<figure data-photo="(\d+)"/g)].map((mark) => mark[1]);
    const figure = editor.querySelectorAll(".is-photo")[numbers.indexOf(photo)];
    (figure ?? editor).scrollIntoView({ block: "center" });
    figure?.querySelector("[contenteditable=false]").click();
    return true;
  }
  const { text, at } = writtenText(editor);
  const place = words && placeOf({ text, at: null }, words, nth);
  if (!place) {
    editor.scrollIntoView({ block: "nearest" });
    return true;
  }
  const [from, to] = [at[place[0]], at[place[1] - 1]];
  const range = document.createRange();
  range.setStart(from.node, from.offset);
  range.setEnd(to.node, to.offset + 1);
  getSelection().removeAllRanges();
  getSelection().addRange(range);
  from.node.parentElement.scrollIntoView({ block: "center" });
  return true;
}

function select(field, place) {
  if (!place) return;
  field.setSelectionRange(place[0], place[1]);
  const share = place[0] / Math.max(1, field.value.length);
  field.scrollTop = share * field.scrollHeight - field.clientHeight / 2;
}

function markOf(field, photo) {
  const start = field.value.indexOf(`data-photo="${photo}"`);
  return start < 0 ? null : [start, start + `data-photo="${photo}"`.length];
}

// Where `words` stand for the nth time; any white space in them is as good as any other.
function placeOf({ text, at }, words, nth) {
  if (!words) return null;
  const parts = words.trim().split(/\s+/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  const places = [...text.matchAll(new RegExp(parts.join("\\s+"), "g"))];
  const found = places[nth] ?? places[0];
  if (!found) return null;
  const [start, end] = [found.index, found.index + found[0].length];
  return at ? [at[start], at[end - 1] + 1] : [start, end];
}

const BREAK = "\u0000"; // between blocks: no word reaches over it
const BLOCK = /^<\/?(p|h[1-6]|li|blockquote|pre|figcaption|figure|caption|t[hdr]|[uo]l|table)\b/i;

// What a text field says, without its tags and with its characters, and where each of them stands.
function sourceText(field) {
  if (field.name !== "body") return { text: field.value, at: null };
  const decoder = document.createElement("textarea");
  const at = [];
  let text = "";
  for (const piece of field.value.matchAll(/<[^>]*>|&[#\w]+;|[^]/g)) {
    let said = piece[0];
    if (said.length > 1 && said[0] === "<") said = BLOCK.test(said) ? BREAK : "";
    else if (said.length > 1) {
      decoder.innerHTML = said;
      said = decoder.value;
    }
    for (let index = 0; index < said.length; index += 1) at.push(piece.index);
    text += said;
  }
  return { text, at };
}

// What is written in the editor, without what it shows of photos, and the node of each character.
function writtenText(editor) {
  const at = [];
  let text = "";
  let block = null;
  const walker = document.createTreeWalker(editor, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    if (node.parentElement.closest("[contenteditable=false]")) continue;
    const around = node.parentElement.closest("p, h2, h3, h4, pre, figcaption, th, td");
    if (around !== block) {
      block = around;
      at.push({ node, offset: 0 });
      text += BREAK;
    }
    for (let offset = 0; offset < node.length; offset += 1) at.push({ node, offset });
    text += node.data;
  }
  return { text, at };
}
