// What the body of an article is made of, in the editor: the same as newsroom/html.py lets in.
import {
  Blockquote,
  Bold,
  BulletList,
  Code,
  CodeBlock,
  Document,
  Dropcursor,
  Gapcursor,
  HardBreak,
  Heading,
  History,
  HorizontalRule,
  Italic,
  ListItem,
  Mark,
  Node,
  OrderedList,
  Paragraph,
  Strike,
  Subscript,
  Superscript,
  Table,
  TableCell,
  TableHeader,
  TableRow,
  Text,
  TrailingNode,
  pm,
} from "../../django_prose_editor/editor.js";

const { NodeSelection, TextSelection } = pm.state;

// A mark of one tag, without anything else.
const tagMark = (name) =>
  Mark.create({
    name,
    parseHTML: () => [{ tag: name }],
    renderHTML: ({ HTMLAttributes }) => [name, HTMLAttributes, 0],
  });

const Link = Mark.create({
  name: "link",
  priority: 1000,
  inclusive: false,
  addAttributes: () => ({ href: { default: null }, title: { default: null } }),
  parseHTML: () => [{ tag: "a[href]" }],
  renderHTML: ({ HTMLAttributes }) => ["a", HTMLAttributes, 0],
});

const Ordered = OrderedList.extend({
  addAttributes: () => ({
    start: {
      default: null,
      parseHTML: (list) => list.getAttribute("start"),
      renderHTML: ({ start }) => (start === null ? {} : { start }),
    },
    reversed: {
      default: false,
      parseHTML: (list) => list.hasAttribute("reversed"),
      renderHTML: ({ reversed }) => (reversed ? { reversed: "" } : {}),
    },
  }),
  renderHTML: ({ HTMLAttributes }) => ["ol", HTMLAttributes, 0],
});

// The head and the foot of a table are properties of its rows here; `tidy` builds them again.
const Row = TableRow.extend({
  addAttributes: () => ({
    part: {
      default: null,
      parseHTML: (row) => ({ THEAD: "head", TFOOT: "foot" })[row.parentNode.nodeName] ?? null,
      renderHTML: ({ part }) => (part ? { "data-part": part } : {}),
    },
  }),
});

const cellAttributes = () => ({
  colspan: { default: 1, parseHTML: (cell) => Number(cell.getAttribute("colspan")) || 1 },
  rowspan: { default: 1, parseHTML: (cell) => Number(cell.getAttribute("rowspan")) || 1 },
  colwidth: { default: null, rendered: false },
  scope: { default: null, parseHTML: (cell) => cell.getAttribute("scope") },
});
const Cell = TableCell.extend({
  addAttributes: () => ({ ...cellAttributes(), scope: { default: null, rendered: false } }),
});
const HeaderCell = TableHeader.extend({ addAttributes: cellAttributes });

const CaptionedTable = Table.extend({
  addAttributes: () => ({
    caption: {
      default: "",
      rendered: false,
      parseHTML: (table) => table.querySelector(":scope > caption")?.textContent.trim() ?? "",
    },
  }),
  parseHTML: () => [{ tag: "table" }, { tag: "caption", ignore: true }],
  renderHTML: ({ node }) => {
    const caption = node.attrs.caption ? [["caption", node.attrs.caption]] : [];
    return ["table", ...caption, ["tbody", 0]];
  },
  // The cells stand in a frame that scrolls by itself, as on the page of readers.
  addNodeView:
    () =>
    ({ node }) => {
      const dom = element("div", { className: "table" });
      const table = element("table");
      const caption = element("caption", { contentEditable: "false" });
      const contentDOM = element("tbody");
      const show = (shown) => {
        caption.textContent = shown.attrs.caption;
        caption.hidden = !shown.attrs.caption;
      };
      table.append(caption, contentDOM);
      dom.append(table);
      show(node);
      return {
        dom,
        contentDOM,
        update(changed) {
          if (changed.type.name !== "table") return false;
          show(changed);
          return true;
        },
        ignoreMutation: (record) =>
          record.type !== "selection" && !contentDOM.contains(record.target),
      };
    },
});

export function element(name, properties = {}, ...inside) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key.startsWith("data-") || key.startsWith("aria-")) made.setAttribute(key, value);
    else made[key] = value;
  }
  made.append(...inside);
  return made;
}

// A figure that stands in the body as a mark, with its caption to be written in.
// `draw(value, caption)` returns what is shown above the caption.
const figure = (name, attribute, draw) =>
  Node.create({
    name,
    group: "block",
    content: "inline*",
    isolating: true,
    defining: true,
    draggable: true,
    addAttributes: () => ({
      value: {
        default: "",
        parseHTML: (tag) => tag.getAttribute(attribute),
        renderHTML: ({ value }) => ({ [attribute]: value }),
      },
    }),
    parseHTML: () => [
      {
        tag: `figure[${attribute}]`,
        contentElement: (tag) => tag.querySelector("figcaption") ?? document.createElement("p"),
      },
    ],
    renderHTML: ({ HTMLAttributes }) => ["figure", HTMLAttributes, ["figcaption", 0]],
    addNodeView:
      () =>
      ({ node, getPos, editor }) => {
        const dom = element("figure", { className: `desk-figure is-${name}` });
        const contentDOM = element("figcaption");
        const shown = element("div", { className: "desk-figure-head", contentEditable: "false" });
        const show = (changed) => {
          draw(changed.attrs.value, shown, contentDOM);
          contentDOM.classList.toggle("is-empty", !changed.content.size);
        };
        shown.addEventListener("click", (event) => {
          if (event.target.closest("a, button")) return;
          editor.chain().focus().setNodeSelection(getPos()).run();
        });
        dom.append(shown, contentDOM);
        show(node);
        return {
          dom,
          contentDOM,
          update(changed) {
            if (changed.type.name !== name) return false;
            show(changed);
            return true;
          },
          ignoreMutation: (record) =>
            record.type !== "selection" && !contentDOM.contains(record.target),
          stopEvent: (event) =>
            shown.contains(event.target) && !/^drag|^drop|^mouse/.test(event.type),
        };
      },
    addKeyboardShortcuts() {
      const inCaption = () => {
        const { $from, empty } = this.editor.state.selection;
        return empty && $from.parent.type.name === name ? $from : null;
      };
      return {
        // Behind the caption the text goes on; a figure is not split.
        Enter: () => {
          const $from = inCaption();
          if (!$from) return false;
          const after = $from.after();
          const paragraph = this.editor.schema.nodes.paragraph.create();
          const transaction = this.editor.state.tr.insert(after, paragraph);
          transaction.setSelection(TextSelection.create(transaction.doc, after + 1));
          this.editor.view.dispatch(transaction.scrollIntoView());
          return true;
        },
        // At the beginning of the caption: choose the figure; the next press removes it.
        Backspace: () => {
          const $from = inCaption();
          if (!$from || $from.parentOffset) return false;
          const { state, view } = this.editor;
          view.dispatch(state.tr.setSelection(NodeSelection.create(state.doc, $from.before())));
          return true;
        },
      };
    },
  });

// `drawPhoto` and `drawEmbed` show what a mark stands for.
export function extensions({ drawPhoto, drawEmbed }) {
  return [
    Document,
    Paragraph,
    Text,
    HardBreak,
    History,
    Gapcursor,
    Dropcursor.configure({ color: false, class: "desk-dropcursor" }),
    TrailingNode.configure({ node: "paragraph" }),
    Heading.configure({ levels: [2, 3, 4] }),
    Blockquote,
    BulletList,
    Ordered,
    ListItem.extend({ content: "paragraph block*" }),
    HorizontalRule,
    CodeBlock,
    CaptionedTable,
    Row,
    Cell,
    HeaderCell,
    Bold,
    Italic,
    Strike,
    Subscript,
    Superscript,
    Code.extend({ excludes: "" }),
    tagMark("cite"),
    tagMark("q"),
    Link,
    figure("photo", "data-photo", drawPhoto),
    figure("embed", "data-embed", drawEmbed),
  ];
}

export { pm };
