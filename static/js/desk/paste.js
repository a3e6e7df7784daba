// What is pasted from elsewhere, as the body of an article may hold it: sense stays, looks go.
import { parse, unwrap } from "./html.js";

const GONE =
  "script, style, link, meta, title, noscript, template, svg, math, nav, button, input, " +
  "select, textarea, iframe, object, video, audio, canvas, colgroup, [hidden]";
const NAMES = {
  B: "strong",
  I: "em",
  STRONG: "strong",
  EM: "em",
  S: "s",
  STRIKE: "s",
  DEL: "s",
  SUB: "sub",
  SUP: "sup",
  CODE: "code",
  TT: "code",
  A: "a",
  CITE: "cite",
  Q: "q",
  BR: "br",
  HR: "hr",
  H1: "h2",
  H2: "h2",
  H3: "h3",
  H4: "h4",
  H5: "h4",
  H6: "h4",
  P: "p",
  PRE: "pre",
  BLOCKQUOTE: "blockquote",
  UL: "ul",
  OL: "ol",
  LI: "li",
  TABLE: "table",
  CAPTION: "caption",
  THEAD: "thead",
  TBODY: "tbody",
  TFOOT: "tfoot",
  TR: "tr",
  TH: "th",
  TD: "td",
};
const KEPT = {
  a: ["href"],
  ol: ["start"],
  td: ["colspan", "rowspan"],
  th: ["colspan", "rowspan", "scope"],
};
const MARKS = new Set(["strong", "em", "s", "sub", "sup", "code", "cite", "q", "a"]);
const BLOCK =
  "p, h2, h3, h4, pre, blockquote, ul, ol, li, table, hr, div, section, article, figure, dl";
const HEADING = "h1, h2, h3, h4, h5, h6, th";
const TRACKING =
  /^(utm_\w+|fbclid|gclid|dclid|igshid|msclkid|mc_[ce]id|_ga|yclid|n_media|n_query)$/;
const REDIRECTS = [
  // host, path, the parameter that holds where the link really leads
  [/(^|\.)google\.[a-z.]+$/, "/url", ["q", "url"]],
  [/^lm?\.facebook\.com$/, "/l.php", ["u"]],
  [/safelinks\.protection\.outlook\.com$/, "/", ["url"]],
];
const BULLET = /^[•·●○◦▪■□◆◇❍\-–]\s+/;
const NUMBER = /^\(?(\d{1,2})[.)]\s+/;
const LONGEST_HEADING = 80;

// Return { html, pictures }: what is kept, and how many pictures were not.
export function cleaned(source) {
  const root = parse(source);
  // What comes from this editor itself is clean.
  if (/\bdata-pm-slice=/.test(source)) return { html: root.innerHTML, pictures: 0 };
  for (const node of comments(root)) node.remove();
  wordLists(root);
  const pictures = root.querySelectorAll("img, v\\:imagedata").length;
  for (const figure of root.querySelectorAll("figure")) {
    if (figure.querySelector("img") && !figure.querySelector("table, blockquote")) figure.remove();
  }
  for (const node of root.querySelectorAll(`${GONE}, img, v\\:shape`)) node.remove();
  headings(root);
  headerRows(root);
  for (const node of [...root.querySelectorAll("*")].reverse()) rename(node);
  nestedLists(root);
  for (const table of [...root.querySelectorAll("table")].reverse()) unframe(table);
  for (const paragraph of root.querySelectorAll("p")) splitAtBreaks(paragraph);
  if (/\bHStyle\d|함초롬|\bHWP\b|Hancom|한컴/i.test(source)) typedLists(root);
  spaces(root);
  empty(root);
  return { html: root.innerHTML, pictures };
}

function comments(root) {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_COMMENT);
  const found = [];
  while (walker.nextNode()) found.push(walker.currentNode);
  return found;
}

// The value of a property in the style of an element; `mso-bidi-font-weight` is another one.
// Hangul Word Processor puts quotes around values.
function style(node, name) {
  const pattern = new RegExp(`(?:^|;)\\s*${name}\\s*:\\s*["']?\\s*([^;"']+)`, "i");
  return (
    pattern
      .exec(node.dataset.style ?? "")?.[1]
      .trim()
      .toLowerCase() ?? ""
  );
}

function isBold(node) {
  const weight = style(node, "font-weight");
  if (weight) return weight === "bold" || weight === "bolder" || Number(weight) >= 600;
  return node.nodeName === "B" || node.nodeName === "STRONG";
}

// The marks that an element stands for, by its name and by its style.
function marksOf(node) {
  const name = NAMES[node.nodeName];
  const marks = new Set(MARKS.has(name) && name !== "a" ? [name] : []);
  const turn = (mark, isOn) => (isOn ? marks.add(mark) : marks.delete(mark));
  turn("strong", isBold(node));
  const slant = style(node, "font-style");
  if (slant) turn("em", slant !== "normal");
  if (/line-through/.test(style(node, "text-decoration(?:-line)?"))) marks.add("s");
  const height = { super: "sup", sub: "sub" }[style(node, "vertical-align")];
  if (height) marks.add(height);
  return [...marks];
}

// Give an element the name under which we keep it, or leave only what it holds.
function rename(node) {
  let name = NAMES[node.nodeName];
  const isInline = /^(SPAN|FONT|B|STRONG|I|EM|S|STRIKE|DEL|SUB|SUP|CODE|TT|CITE|Q)$/.test(
    node.nodeName,
  );
  if (isInline) return mark(node);
  if (
    /^(DIV|SECTION|ARTICLE|CENTER|ADDRESS|DT|DD|FIGCAPTION|HEADER|FOOTER|MAIN|ASIDE)$/.test(
      node.nodeName,
    )
  ) {
    name = node.querySelector(BLOCK) ? null : "p";
  }
  if (name === "a") return link(node);
  if (!name) return unwrap(node);
  const kept = document.createElement(name);
  for (const key of KEPT[name] ?? []) {
    const value = node.getAttribute(key);
    if (value && !(/span$/.test(key) && value === "1")) kept.setAttribute(key, value);
  }
  kept.append(...node.childNodes);
  if (/^(td|th|li|caption)$/.test(name)) onlyMarks(node, kept);
  else if (name === "p") onlyMarks(node, kept);
  node.replaceWith(kept);
}

// A paragraph or a cell may be bold as a whole, by its own style.
function onlyMarks(node, kept) {
  if (kept.nodeName === "TH" || !isBold(node) || kept.querySelector(BLOCK)) return;
  const strong = document.createElement("strong");
  strong.append(...kept.childNodes);
  kept.append(strong);
}

function mark(node) {
  if (node.querySelector(BLOCK) || !node.textContent.trim()) return unwrap(node);
  const isHeading = node.closest(HEADING);
  for (const name of marksOf(node)) {
    if (isHeading && name === "strong") continue;
    if (node.closest(name) && node.closest(name) !== node) continue;
    const made = document.createElement(name);
    made.append(...node.childNodes);
    node.append(made);
  }
  unwrap(node);
}

function link(node) {
  const href = address(node.getAttribute("href") ?? "");
  if (!href || node.querySelector(BLOCK) || !node.textContent.trim()) return unwrap(node);
  const kept = document.createElement("a");
  kept.setAttribute("href", href);
  kept.append(...node.childNodes);
  node.replaceWith(kept);
}

// Return the address that a link really leads to, without what only counts who clicked.
export function address(href) {
  let url;
  try {
    url = new URL(href);
  } catch {
    return "";
  }
  for (const [host, path, names] of REDIRECTS) {
    const isOne = host.test(url.hostname) && url.pathname === path;
    const inner = isOne && names.map((name) => url.searchParams.get(name)).find(Boolean);
    if (inner && /^https?:/.test(inner)) return address(inner);
  }
  if (!/^(https?|mailto|tel):$/.test(url.protocol)) return "";
  const spare = [...url.searchParams.keys()].filter((key) => TRACKING.test(key));
  if (!spare.length) return href;
  for (const key of spare) url.searchParams.delete(key);
  return url.href;
}

// Word writes a list as paragraphs whose style tells list and level, with the marker as text.
function wordLists(root) {
  let levels = []; // the open lists, the innermost last
  let open = "";
  for (const paragraph of root.querySelectorAll("p, h1, h2, h3")) {
    const [, list, level] = /(\w+)\s+level(\d)/.exec(style(paragraph, "mso-list")) ?? [];
    if (list !== open || paragraph.previousElementSibling !== levels[0]) levels = [];
    open = list;
    if (!level) continue;
    const marker = [...paragraph.querySelectorAll("span")].find(
      (span) => style(span, "mso-list") === "ignore",
    );
    const isOrdered = /^\s*\(?[\dA-Za-z가-힣]{1,3}[.)]/.test(marker?.textContent ?? "");
    marker?.remove();
    const item = document.createElement("li");
    item.append(...paragraph.childNodes);
    levels = levels.slice(0, level);
    if (levels.length < level) {
      const made = document.createElement(isOrdered ? "ol" : "ul");
      const outer = levels.at(-1)?.lastElementChild;
      if (outer) outer.append(made);
      else paragraph.before(made);
      levels.push(made);
    }
    levels.at(-1).append(item);
    paragraph.remove();
  }
}

// Hangul Word Processor writes the markers of a list into the text; two in a row are a list.
function typedLists(root) {
  for (const [pattern, name] of [
    [BULLET, "ul"],
    [NUMBER, "ol"],
  ]) {
    let run = [];
    const close = () => {
      if (run.length > 1) {
        const list = document.createElement(name);
        run[0].before(list);
        for (const paragraph of run) {
          const item = document.createElement("li");
          cut(paragraph, pattern.exec(paragraph.textContent.trimStart())[0]);
          item.append(...paragraph.childNodes);
          list.append(item);
          paragraph.remove();
        }
      }
      run = [];
    };
    for (const paragraph of [...root.querySelectorAll("p")]) {
      const isOne = pattern.test(paragraph.textContent.replace(/\u00a0/g, " ").trimStart());
      const isNext = !run.length || paragraph.previousElementSibling === run.at(-1);
      if (run.length && !(isOne && isNext)) close();
      if (isOne) run.push(paragraph);
    }
    close();
  }
}

// Remove `marker` from the beginning of the text of an element.
function cut(element, marker) {
  let rest = marker.trimEnd().length;
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  while (rest && walker.nextNode()) {
    const text = walker.currentNode;
    text.data = text.data.trimStart();
    const part = Math.min(rest, text.data.length);
    text.deleteData(0, part);
    rest -= part;
    if (!rest) text.data = text.data.trimStart();
  }
}

function textNodes(node) {
  const walker = document.createTreeWalker(node, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) if (walker.currentNode.data.trim()) found.push(walker.currentNode);
  return found;
}

function isAllBold(node) {
  const texts = textNodes(node);
  return (
    texts.length > 0 &&
    texts.every((text) => {
      for (let at = text.parentNode; at && at !== node.parentNode; at = at.parentNode) {
        if (isBold(at)) return true;
      }
      return false;
    })
  );
}

// A short line in large letters is a subhead, whatever the program calls it.
function headings(root) {
  for (const paragraph of root.querySelectorAll("p")) {
    const text = paragraph.textContent.trim();
    if (!text || text.length > LONGEST_HEADING || paragraph.closest("li, td, th, blockquote"))
      continue;
    const outline = Number(style(paragraph, "mso-outline-level"));
    const sizes = [paragraph, ...paragraph.querySelectorAll("[data-style]")].map(fontSize);
    const size = Math.max(...sizes);
    const isTitle = /title|heading/i.test(paragraph.className) || (outline > 0 && outline < 4);
    if (!isTitle && size < 18 && !(size >= 13 && isAllBold(paragraph))) continue;
    const isLarge = isTitle ? outline < 2 : size >= 16;
    const heading = document.createElement(isLarge ? "h2" : "h3");
    heading.append(...paragraph.childNodes);
    paragraph.replaceWith(heading);
  }
}

function fontSize(node) {
  const [, size, unit] = /^([\d.]+)\s*(pt|px)/.exec(style(node, "font-size")) ?? [];
  return size ? size * (unit === "px" ? 0.75 : 1) : 0;
}

// A first row that is bold throughout is the head of its table.
function headerRows(root) {
  for (const table of root.querySelectorAll("table")) {
    const [first, second] = table.rows;
    if (!second || table.tHead) continue;
    const cells = [...first.cells].filter((cell) => cell.textContent.trim());
    if (!cells.length || !cells.every((cell) => cell.nodeName === "TH" || isAllBold(cell)))
      continue;
    for (const cell of first.cells) {
      const header = document.createElement("th");
      for (const key of ["colspan", "rowspan"]) {
        if (cell.hasAttribute(key)) header.setAttribute(key, cell.getAttribute(key));
      }
      header.append(...cell.childNodes);
      cell.replaceWith(header);
    }
    table.createTHead().append(first);
  }
}

// Google Docs puts a list into a list; it belongs into the item before.
function nestedLists(root) {
  for (const list of root.querySelectorAll(":is(ul, ol) > :is(ul, ol)")) {
    const before = list.previousElementSibling;
    if (before) before.append(list);
    else unwrap(list);
  }
}

// A table of one cell is a frame around something.
function unframe(table) {
  const cells = table.querySelectorAll("td, th");
  if (cells.length === 1) table.replaceWith(...cells[0].childNodes);
}

// Two line breaks in a row are the end of a paragraph, as old pages write it.
function splitAtBreaks(paragraph) {
  const parts = [[]];
  const nodes = [...paragraph.childNodes];
  nodes.forEach((node, place) => {
    const isBreak = node.nodeName === "BR";
    const next = nodes.slice(place + 1).find((other) => other.nodeType !== 3 || other.data.trim());
    if (isBreak && next?.nodeName === "BR") parts.push([]);
    else if (!(isBreak && !parts.at(-1).length)) parts.at(-1).push(node);
  });
  if (parts.length < 2) return;
  for (const part of parts) {
    const made = document.createElement("p");
    made.append(...part);
    paragraph.before(made);
  }
  paragraph.remove();
}

function spaces(root) {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode;
    if (!text.parentNode.closest("pre")) text.data = text.data.replace(/[\u00a0\ufeff]/g, " ");
  }
}

function empty(root) {
  for (const node of [...root.querySelectorAll("*")].reverse()) {
    if (/^(BR|HR|TD|TH)$/.test(node.nodeName) || node.querySelector("td, th, hr")) continue;
    if (!node.textContent.trim()) node.remove();
  }
  for (const node of root.querySelectorAll("p > br:last-child")) node.remove();
  for (const node of root.querySelectorAll("br")) {
    const beside = [node.previousElementSibling, node.nextElementSibling];
    if (node.parentNode === root && beside.some((other) => !other || other.matches(BLOCK)))
      node.remove();
  }
}
