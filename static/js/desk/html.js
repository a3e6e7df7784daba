// HTML in and out of the editor, and whether anything is lost on the way.

// The content security policy forbids inline styles and handlers even in a document that nobody
// sees, so they are renamed before a browser reads them; styles tell what is bold in pasted text.
const TAG = /<[a-z][^\s>/]*(?:"[^"]*"|'[^']*'|[^'">])*>/gi;
const ATTRIBUTE = /([^\s"'<>/=]+)(\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'>]+))?/g;
const INLINE = /^(style|on\w+)$/i;

export function parse(html) {
  const quiet = html
    .replace(/<(style|script|xml|head)\b[\s\S]*?<\/\1\s*>/gi, "")
    .replace(TAG, (tag) =>
      tag.replace(ATTRIBUTE, (whole, name) => (INLINE.test(name) ? `data-${whole}` : whole)),
    );
  return new DOMParser().parseFromString(`<body>${quiet}</body>`, "text/html").body;
}

// Put what the editor wrote into the form that we keep: `<li>one</li>` without a paragraph,
// rows in the head, body and foot of their table, nothing empty.
export function tidy(root) {
  for (const table of root.querySelectorAll("table")) parts(table);
  for (const paragraph of root.querySelectorAll("li > p, td > p, th > p, blockquote > p")) {
    const outer = paragraph.parentNode;
    const isAlone = [...outer.children].every(
      (child) => child === paragraph || (outer.nodeName === "LI" && /^[UO]L$/.test(child.nodeName)),
    );
    const isFirst = paragraph === outer.firstElementChild;
    const isSource = paragraph.childNodes.length === 1 && paragraph.firstChild.nodeName === "CITE";
    if (outer.nodeName === "BLOCKQUOTE" ? isSource : isAlone && isFirst) unwrap(paragraph);
  }
  for (const block of root.querySelectorAll("p, h2, h3, h4, figcaption")) {
    if (!block.childNodes.length) block.remove();
  }
  return root.innerHTML;
}

function parts(table) {
  const rows = [...table.querySelectorAll(":scope > tbody > tr")];
  const isHeader = (row) => [...row.cells].every((cell) => cell.nodeName === "TH");
  let head = rows.findIndex((row) => !(row.dataset.part === "head" || isHeader(row)));
  if (head < 0) head = rows[0]?.dataset.part === "head" ? rows.length : 0;
  const foot = rows.filter((row, place) => place >= head && row.dataset.part === "foot");
  for (const row of rows) row.removeAttribute("data-part");
  const body = table.tBodies[0];
  if (head) {
    table.createTHead().append(...rows.slice(0, head));
    body.before(table.tHead);
  }
  if (foot.length) table.createTFoot().append(...foot);
  if (!body.rows.length) body.remove();
}

export function unwrap(node) {
  node.replaceWith(...node.childNodes);
}

const SAME = { b: "strong", i: "em" };
const MARKS = new Set(["strong", "em", "s", "sub", "sup", "code", "a", "cite", "q"]);
const LINES = new Set(["p", "h2", "h3", "h4", "pre", "caption", "figcaption"]);
const SILENT = new Set(["thead", "tbody"]); // rows say it by themselves
const KEPT = {
  a: ["href", "title"],
  ol: ["start", "reversed"],
  th: ["colspan", "rowspan", "scope"],
  td: ["colspan", "rowspan"],
  figure: ["data-photo", "data-embed"],
};
const SPACE = /[ \t\n\r\f]/;
const BREAK = "\v";

// What readers get of `root`, as a list that is the same for the same sense: `<b>` and
// `<strong>`, `<li>` and `<li><p>`, spaces between blocks.
export function sense(root, { tags, dropped }) {
  const said = [];
  let line = []; // [character, its marks]

  function flush(name, isRaw) {
    let letters = line;
    line = [];
    const isSpare = ([letter], place) =>
      SPACE.test(letter) && (!place || /\s/.test(letters[place - 1][0]));
    if (!isRaw) letters = letters.filter((letter, place) => !isSpare(letter, place));
    while (letters.length && /[ \t\n\r\f\v]/.test(letters.at(-1)[0])) letters.pop();
    if (!letters.length) return;
    said.push(name);
    letters.forEach(([letter, marks], place) => {
      const text = !isRaw && SPACE.test(letter) ? " " : letter;
      if (place && letters[place - 1][1] === marks) said[said.length - 1] += text;
      else said.push(`${marks}|${text}`);
    });
  }

  function named(tag, name) {
    const isPlain = (key) => /span$/.test(key) && tag.getAttribute(key) === "1";
    const kept = (KEPT[name] ?? []).filter((key) => tag.hasAttribute(key) && !isPlain(key));
    return [name, ...kept.map((key) => `${key}=${tag.getAttribute(key)}`)].join(" ");
  }

  function walk(node, marks, block = "p", isRaw = false) {
    for (const child of node.childNodes) {
      const name = SAME[child.localName] ?? child.localName;
      if (child.nodeType === Node.TEXT_NODE) {
        for (const letter of child.data) line.push([letter, marks.join()]);
      } else if (child.nodeType !== Node.ELEMENT_NODE || dropped.includes(name)) {
        continue;
      } else if (name === "br") {
        line.push([BREAK, ""]);
      } else if (!tags.includes(name) || (name === "code" && node.localName === "pre")) {
        walk(child, marks, block, isRaw);
      } else if (MARKS.has(name)) {
        walk(child, [...new Set([...marks, named(child, name)])].sort(), block, isRaw);
      } else {
        flush(block, isRaw);
        const inner = LINES.has(name) ? name : "p";
        if (!LINES.has(name) && !SILENT.has(name)) said.push(`<${named(child, name)}`);
        walk(child, marks, inner, name === "pre");
        flush(inner, name === "pre");
        if (!LINES.has(name) && !SILENT.has(name)) said.push(`${name}>`);
      }
    }
  }

  walk(root, []);
  flush("p", false);
  return said;
}
