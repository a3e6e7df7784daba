// The editor of an article's body, over the textarea that the form sends.
// Without this file, or where it cannot keep what stands there, the textarea is used as it is.
import { Editor } from "../../django_prose_editor/editor.js";
import { parse, sense, tidy } from "./html.js";
import { library } from "./library.js";
import { element, extensions, pm } from "./nodes.js";
import { address, cleaned } from "./paste.js";
import { picturesOf } from "./uploads.js";

const SAFE = /^(https?:\/\/\S+|mailto:\S+|tel:\S+|\/\S*)$/i;

class BodyEditor {
  constructor(root) {
    this.root = root;
    this.textarea = root.querySelector("textarea");
    this.setup = JSON.parse(root.dataset.editor);
    this.photos = new Map(this.setup.photos.map((photo) => [String(photo.number), photo]));
    this.tools = root.querySelector("[data-tools]");
    this.texts = root.dataset;
    const dialogs = root.querySelector("template[data-dialogs]").content.cloneNode(true);
    this.ask = dialogs.querySelector("[data-ask]");
    const photos = dialogs.querySelector("[data-library]");
    document.body.append(dialogs); // a form inside a form would be part of it
    this.library = library(photos, this.setup.picker);
    this.read();
    this.listen();
  }

  // Take over what stands in the textarea, unless some of it would be lost.
  read() {
    const before = parse(this.textarea.value);
    this.create();
    const document = pm.model.DOMParser.fromSchema(this.editor.schema).parse(before);
    this.editor.view.updateState(
      pm.state.EditorState.create({ doc: document, plugins: this.editor.state.plugins }),
    );
    const rules = { tags: this.setup.tags, dropped: this.setup.dropped };
    const wanted = sense(parse(this.textarea.value), rules);
    const got = sense(parse(this.html()), rules);
    this.written = this.textarea.value;
    const isWhole = JSON.stringify(wanted) === JSON.stringify(got);
    this.show(isWhole, isWhole ? "" : this.texts.lost);
    this.fetchPhotos();
    return isWhole;
  }

  create() {
    this.editor?.destroy();
    const place = this.root.querySelector("[data-place]");
    place.replaceChildren();
    this.editor = new Editor({
      element: place,
      injectCSS: false,
      extensions: extensions({
        drawPhoto: (...all) => this.drawPhoto(...all),
        drawEmbed: (...all) => this.drawEmbed(...all),
      }),
      editorProps: {
        attributes: {
          class: "text editor-text",
          role: "textbox",
          "aria-multiline": "true",
          "aria-label": this.texts.label,
          ...(this.textarea.getAttribute("aria-describedby") && {
            "aria-describedby": this.textarea.getAttribute("aria-describedby"),
          }),
        },
        transformPastedHTML: (html) => this.clean(html),
        handlePaste: (view, event) => this.paste(event),
        handleDrop: (view, event, slice, isMoved) => !isMoved && this.drop(view, event),
        handleKeyDown: (view, event) => this.key(event),
      },
      onUpdate: () => this.write(),
      onTransaction: () => this.mark(),
    });
  }

  // Show the editor, or the plain textarea with the reason for it.
  show(isRich, reason = "") {
    this.isRich = isRich;
    this.root.classList.toggle("is-rich", isRich);
    this.root.querySelector("[data-place]").hidden = !isRich;
    this.textarea.hidden = isRich;
    this.tools.hidden = false;
    for (const tool of this.tools.querySelectorAll("button:not([data-do=source])"))
      tool.disabled = !isRich;
    this.tools.querySelector("[data-do=source]").setAttribute("aria-pressed", !isRich);
    this.say("plain", reason);
    if (isRich) this.mark();
  }

  say(place, text) {
    const shown = this.root.querySelector(`[data-said=${place}]`);
    shown.querySelector("[data-text]").textContent = text;
    shown.hidden = !text;
  }

  html() {
    const { content } = this.editor.state.doc;
    const root = document.implementation.createHTMLDocument("").body;
    const serializer = pm.model.DOMSerializer.fromSchema(this.editor.schema);
    root.append(serializer.serializeFragment(content, { document: root.ownerDocument }));
    return tidy(root);
  }

  write() {
    if (!this.isRich) return;
    const html = this.html();
    if (html === this.written) return;
    this.written = html;
    this.textarea.value = html;
    this.textarea.dispatchEvent(new Event("input", { bubbles: true }));
  }

  listen() {
    // Another script put a text into the form: an earlier revision, what was not saved.
    this.textarea.addEventListener("input", () => {
      if (this.isRich && this.textarea.value !== this.written) this.read();
    });
    this.textarea.addEventListener("focus", () => this.isRich && this.editor.commands.focus());
    for (const label of this.textarea.labels) {
      label.addEventListener("click", () => this.isRich && this.editor.commands.focus());
    }
    this.tools.addEventListener("click", (event) => {
      const tool = event.target.closest("button[data-do]");
      if (!tool) return;
      this.do(tool.dataset.do);
      tool.closest("details")?.removeAttribute("open");
    });
    this.tools.addEventListener("mousedown", (event) => {
      if (event.target.closest("button")) event.preventDefault(); // the text keeps the cursor
    });
    this.tools.addEventListener("keydown", (event) => this.walk(event));
    this.root.querySelector("[data-add-photos]").addEventListener("click", () => this.addPhotos());
    this.reachable();
  }

  // The tools are one stop of the tab key; arrows walk over them.
  reachable(current) {
    const tools = this.visibleTools();
    const chosen = current ?? tools.find((tool) => tool.tabIndex === 0) ?? tools[0];
    for (const tool of this.tools.querySelectorAll("button, summary")) tool.tabIndex = -1;
    if (chosen) chosen.tabIndex = 0;
  }

  visibleTools() {
    return [...this.tools.querySelectorAll("button, summary")].filter(
      (tool) => tool.checkVisibility() && !tool.disabled,
    );
  }

  walk(event) {
    if (event.key === "Escape") {
      this.tools.querySelector("details[open]")?.removeAttribute("open");
      this.editor.commands.focus();
      return;
    }
    const tools = this.visibleTools();
    const here = tools.indexOf(event.target.closest("button, summary"));
    const places = { ArrowRight: here + 1, ArrowLeft: here - 1, Home: 0, End: tools.length - 1 };
    if (!(event.key in places)) return;
    event.preventDefault();
    const next = tools[(places[event.key] + tools.length) % tools.length];
    this.reachable(next);
    next.focus();
  }

  key(event) {
    const isCommand = event.ctrlKey || event.metaKey;
    if (isCommand && event.code === "KeyK" && !event.isComposing) {
      event.preventDefault();
      this.do("link");
      return true;
    }
    if (event.altKey && event.key === "F10") {
      this.reachable();
      this.tools.querySelector("[tabindex='0']")?.focus();
      return true;
    }
    return false;
  }

  // Show which tools are on at the cursor, and which belong to where it stands.
  mark() {
    if (!this.tools || !this.isRich) return;
    const { editor } = this;
    const { selection } = editor.state;
    const figure = selection.node ?? selection.$from.parent;
    const isOn = {
      paragraph: () => editor.isActive("paragraph"),
      h2: () => editor.isActive("heading", { level: 2 }),
      h3: () => editor.isActive("heading", { level: 3 }),
    };
    for (const tool of this.tools.querySelectorAll("[data-on]")) {
      const name = tool.dataset.on;
      tool.setAttribute("aria-pressed", (isOn[name] ?? (() => editor.isActive(name)))());
    }
    const places = {
      table: editor.isActive("table"),
      photo: figure.type.name === "photo",
      figure: ["photo", "embed"].includes(figure.type.name),
    };
    for (const group of this.tools.querySelectorAll("[data-in]")) {
      group.hidden = !group.dataset.in.split(" ").some((place) => places[place]);
    }
  }

  do(name) {
    if (name === "source") return this.turn();
    const chain = this.editor.chain().focus();
    const actions = {
      paragraph: () => chain.setParagraph().run(),
      h2: () => chain.toggleHeading({ level: 2 }).run(),
      h3: () => chain.toggleHeading({ level: 3 }).run(),
      bold: () => chain.toggleBold().run(),
      italic: () => chain.toggleItalic().run(),
      strike: () => chain.toggleStrike().run(),
      superscript: () => chain.toggleSuperscript().run(),
      subscript: () => chain.toggleSubscript().run(),
      blockquote: () => chain.toggleBlockquote().run(),
      bulletList: () => chain.toggleBulletList().run(),
      orderedList: () => chain.toggleOrderedList().run(),
      horizontalRule: () => chain.setHorizontalRule().run(),
      clear: () => chain.unsetAllMarks().run(),
      undo: () => chain.undo().run(),
      redo: () => chain.redo().run(),
      link: () => this.link(),
      table: () => this.table(),
      photo: () => this.addPhotos(),
      embed: () => this.embed(),
      rowAfter: () => chain.addRowAfter().run(),
      columnAfter: () => chain.addColumnAfter().run(),
      deleteRow: () => chain.deleteRow().run(),
      deleteColumn: () => chain.deleteColumn().run(),
      headerRow: () => chain.toggleHeaderRow().updateAttributes("tableRow", { part: null }).run(),
      mergeOrSplit: () => chain.mergeOrSplit().run(),
      caption: () => this.caption(),
      deleteTable: () => chain.deleteTable().run(),
      words: () => this.words(),
      deleteFigure: () => this.deleteFigure(),
    };
    return actions[name]();
  }

  // Ask for one line; resolve to it, or to null if it was called off.
  question(kind, value, isThere = false) {
    const dialog = this.ask;
    const field = dialog.querySelector("input");
    const problem = dialog.querySelector("[data-problem]");
    for (const part of dialog.querySelectorAll("[data-for]"))
      part.hidden = part.dataset.for !== kind;
    dialog.setAttribute("aria-labelledby", `ask-${kind}`);
    field.setAttribute("aria-labelledby", `ask-${kind}`);
    dialog.querySelector("[data-remove]").hidden = !isThere;
    field.value = value;
    problem.textContent = "";
    dialog.returnValue = "";
    dialog.showModal();
    field.select();
    const isFine = { link: this.isLink, embed: this.isEmbed, caption: () => true }[kind].bind(this);
    return new Promise((resolve) => {
      const submit = (event) => {
        if (event.submitter?.value !== "ok") return;
        const text = field.value.trim();
        if (isFine(text)) return;
        event.preventDefault();
        problem.textContent = problem.dataset[kind];
        field.focus();
      };
      const form = dialog.querySelector("form");
      form.addEventListener("submit", submit);
      dialog.addEventListener(
        "close",
        () => {
          form.removeEventListener("submit", submit);
          this.editor.commands.focus();
          const answers = { ok: field.value.trim(), remove: "" };
          resolve(answers[dialog.returnValue] ?? null);
        },
        { once: true },
      );
    });
  }

  isLink(text) {
    return SAFE.test(text) || (SAFE.test(`https://${text}`) && /^[^\s/]+\.[^\s/]+/.test(text));
  }

  isEmbed(text) {
    if (!/^https?:\/\//.test(text) || !URL.canParse(text)) return false;
    return this.setup.hosts.includes(new URL(text).hostname.replace(/^www\./, ""));
  }

  async link() {
    const { editor } = this;
    const isThere = editor.isActive("link");
    if (isThere) editor.commands.extendMarkRange("link");
    const before = editor.getAttributes("link").href ?? "";
    const { from, to } = editor.state.selection;
    const answer = await this.question("link", before, isThere);
    if (answer === null) return;
    const chain = editor.chain().focus().setTextSelection({ from, to });
    if (!answer) return void chain.unsetMark("link").run();
    const href = SAFE.test(answer) ? address(answer) || answer : `https://${answer}`;
    if (from !== to) return void chain.setMark("link", { href }).run();
    const text = { type: "text", text: answer, marks: [{ type: "link", attrs: { href } }] };
    chain.insertContent(text).run();
  }

  async embed() {
    const address = await this.question("embed", "");
    if (address) this.insert("embed", [address]);
  }

  async caption() {
    const before = this.editor.getAttributes("table").caption ?? "";
    const caption = await this.question("caption", before, Boolean(before));
    if (caption !== null) this.editor.chain().focus().updateAttributes("table", { caption }).run();
  }

  table() {
    const { editor } = this;
    editor
      .chain()
      .focus()
      .insertTable({ rows: 3, cols: 3, withHeaderRow: true })
      .command(({ tr }) => {
        const $from = tr.selection.$from;
        for (let depth = $from.depth; depth > 0; depth -= 1) {
          if ($from.node(depth).type.name !== "table") continue;
          tr.doc.nodesBetween($from.before(depth), $from.after(depth), (node, place) => {
            if (node.type.name === "tableHeader") tr.setNodeAttribute(place, "scope", "col");
          });
          break;
        }
        return true;
      })
      .run();
  }

  // Put figures behind the block in which the cursor stands.
  insert(type, values) {
    const { state } = this.editor;
    const { $from, $to } = state.selection;
    const node = state.selection.node;
    const isEmptyLine = $from.depth === 1 && !$from.parent.content.size && $from.parent.isTextblock;
    const place = node && !$from.depth ? state.selection.to : $to.depth ? $to.after(1) : $to.pos;
    const content = values.map((value) => ({ type, attrs: { value: String(value) } }));
    const range = isEmptyLine ? { from: $from.before(1), to: $from.after(1) } : place;
    this.editor.chain().focus().insertContentAt(range, content).scrollIntoView().run();
  }

  addPhotos(files = []) {
    this.say("notice", "");
    this.library.open({
      files,
      then: (photos) => {
        for (const photo of photos) this.photos.set(String(photo.number), photo);
        this.insert(
          "photo",
          photos.map((photo) => photo.number),
        );
      },
    });
  }

  // The words of the photo at the cursor, as the library has them.
  words() {
    const { selection } = this.editor.state;
    const photo = this.photos.get((selection.node ?? selection.$from.parent).attrs.value);
    if (!photo) return;
    this.library.open({
      photo,
      then: ([changed]) => {
        this.photos.set(String(changed.number), changed);
        this.redraw();
        this.editor.commands.focus();
      },
    });
  }

  deleteFigure() {
    const { state, view } = this.editor;
    const { selection } = state;
    const { $from } = selection;
    const [from, to] = selection.node
      ? [selection.from, selection.to]
      : [$from.before(), $from.after()];
    view.dispatch(state.tr.delete(from, to).scrollIntoView());
    view.focus();
  }

  // What the marks of figures stand for. `head` is above the caption, `caption` holds its text.
  drawPhoto(number, head, caption) {
    const photo = this.photos.get(number);
    head.replaceChildren();
    caption.dataset.placeholder = photo?.caption || this.texts.noCaption;
    if (!photo) {
      const text = this.missing?.has(number) ? this.texts.missing : this.texts.loading;
      head.append(element("p", { textContent: text.replace("0", number) }));
      return;
    }
    const [width, height] = photo.size;
    head.append(element("img", { src: photo.large, alt: photo.alt, width, height }));
    const said = [photo.warning, photo.notice, photo.alt ? "" : this.texts.noAlt].filter(Boolean);
    for (const text of said)
      head.append(element("p", { className: "is-warning", textContent: text }));
  }

  drawEmbed(url, head, caption) {
    caption.dataset.placeholder = this.texts.noCaption;
    const host = URL.canParse(url) ? new URL(url).hostname : "";
    head.replaceChildren(
      element(
        "div",
        { className: "desk-embed" },
        element("b", { textContent: host }),
        element("span", { textContent: url }),
      ),
    );
  }

  redraw() {
    const { state, view } = this.editor;
    view.dom.querySelectorAll(".is-photo").forEach((dom) => {
      const node = state.doc.nodeAt(view.posAtDOM(dom, 0) - 1) ?? null;
      if (node?.type.name === "photo") {
        this.drawPhoto(node.attrs.value, dom.firstElementChild, dom.lastElementChild);
      }
    });
  }

  // Photos that came with a pasted or restored text are asked for once.
  async fetchPhotos() {
    const wanted = new Set();
    this.editor.state.doc.descendants((node) => {
      const { value } = node.attrs;
      const isNew = !this.photos.has(value) && !this.missing?.has(value);
      if (node.type.name === "photo" && isNew) wanted.add(value);
    });
    if (!wanted.size) return;
    this.missing = new Set([...(this.missing ?? []), ...wanted]);
    try {
      const query = new URLSearchParams({ numbers: [...wanted].join() });
      const response = await fetch(`${this.setup.picker}?${query}`);
      for (const photo of (await response.json()).photos) {
        this.photos.set(String(photo.number), photo);
      }
    } catch {
      // They are shown as numbers.
    }
    this.redraw();
  }

  clean(html) {
    const { html: kept, pictures } = cleaned(html);
    if (pictures) this.say("notice", this.texts.pictures.replace("0", pictures));
    setTimeout(() => this.fetchPhotos());
    return kept;
  }

  paste(event) {
    const files = picturesOf(event.clipboardData);
    const text = event.clipboardData.getData("text/plain").trim();
    // Offices send a picture of the text along with the text.
    if (
      files.length &&
      !text &&
      !/<(p|td|li|h\d)\b/i.test(event.clipboardData.getData("text/html"))
    ) {
      event.preventDefault();
      this.addPhotos(files);
      return true;
    }
    if (/\s/.test(text) || !/^https?:\/\//.test(text)) return false;
    const { selection } = this.editor.state;
    if (!selection.empty && selection.$from.parent.isTextblock) {
      this.editor
        .chain()
        .setMark("link", { href: address(text) || text })
        .run();
      return true;
    }
    if (this.isEmbed(text) && selection.$from.depth === 1 && !selection.$from.parent.content.size) {
      this.insert("embed", [text]);
      return true;
    }
    return false;
  }

  drop(view, event) {
    const files = picturesOf(event.dataTransfer);
    if (!files.length) return false;
    event.preventDefault();
    const at = view.posAtCoords({ left: event.clientX, top: event.clientY });
    if (at) this.editor.commands.setTextSelection(at.pos);
    this.addPhotos(files);
    return true;
  }

  // Between the editor and the HTML itself.
  turn() {
    if (this.isRich) {
      this.show(false);
      this.textarea.focus();
    } else if (this.read()) {
      this.editor.commands.focus();
    }
  }
}

for (const root of document.querySelectorAll("[data-editor]")) new BodyEditor(root);
