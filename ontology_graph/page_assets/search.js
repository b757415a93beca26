// Search by the beginnings of words in names, synonyms, ids and codes.

const MOST_HITS = 12;
const plain = (text) =>
  text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase()
    .replace(/[^\p{L}\p{N}:.+]+/gu, " ").trim();

/** Return one entry per name, synonym, id and code. Lower `rank` is the better kind. */
function buildIndex() {
  const index = [];
  const add = (node, text, rank) => {
    const key = plain(text);
    if (key) index.push({ node, text, rank, key, words: ` ${key}` });
  };
  for (const node of nodes) {
    add(node, node.name, 0);
    for (const [, , ...texts] of node.synonyms) for (const text of texts) add(node, text, 1);
    for (const code of [node.id, ...node.codes]) {
      add(node, code, 2);
      // The number alone finds the code as well.
      const [, ...rest] = code.split(":");
      if (rest.length) index[index.length - 1].words += ` ${plain(rest.join(":"))}`;
    }
  }
  return index;
}

/** Return how well an entry meets the query, lower is better, null for not at all. */
function meet(entry, query, words) {
  if (!words.every((word) => entry.words.includes(` ${word}`))) return null;
  const place = entry.key === query ? 0 : entry.key.startsWith(query) ? 1 : 2;
  return place * 1000 + entry.rank * 100 + Math.min(99, entry.key.length);
}

/** Return the nodes found, best first, each with the entry that found it. */
function find(index, text) {
  const query = plain(text);
  if (!query) return [];
  const words = query.split(" ");
  const best = new Map();
  for (const entry of index) {
    const score = meet(entry, query, words);
    if (score === null) continue;
    const known = best.get(entry.node);
    if (!known || score < known.score) best.set(entry.node, { entry, score });
  }
  return [...best.values()].sort((a, b) => a.score - b.score);
}

/** Return the parts of a text as [part, whether a word of the query begins it]. */
function marked(text, words) {
  const parts = [];
  let end = 0;
  for (const found of text.matchAll(/[\p{L}\p{N}:.+]+/gu)) {
    const word = plain(found[0]);
    const hit = words.filter((query) => word.startsWith(query)).sort((a, b) => b.length - a.length)[0];
    if (!hit) continue;
    parts.push([text.slice(end, found.index), false]);
    end = found.index + hit.length;
    parts.push([text.slice(found.index, end), true]);
  }
  parts.push([text.slice(end), false]);
  return parts;
}

/** The search box and its list. `choose` is called with the node taken. */
class Search {
  constructor(input, box, list, more, choose) {
    Object.assign(this, { input, box, list, more, choose });
    this.index = null;
    this.hits = [];
    this.active = -1;
    input.addEventListener("input", () => this.look());
    input.addEventListener("focus", () => input.value && this.look());
    input.addEventListener("keydown", (event) => this.key(event));
    input.addEventListener("blur", () => this.close());
    // Keep the focus in the box while the list is clicked.
    box.addEventListener("pointerdown", (event) => event.preventDefault());
    document.addEventListener("keydown", (event) => {
      const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName || "");
      if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      input.focus();
      input.select();
    });
  }

  look() {
    this.index ||= buildIndex();
    const all = find(this.index, this.input.value);
    this.hits = all.slice(0, MOST_HITS).map((hit) => hit.entry);
    this.list.replaceChildren(...this.hits.map((entry, at) => this.option(entry, at)));
    const rest = all.length - this.hits.length;
    this.more.textContent = all.length ? (rest ? `and ${plural(rest, "more term")}` : "") : "Nothing found";
    this.more.hidden = !this.more.textContent;
    this.box.hidden = !this.input.value.trim();
    this.input.setAttribute("aria-expanded", String(!this.box.hidden));
    this.move(this.hits.length ? 0 : -1);
  }

  option(entry, at) {
    const words = plain(this.input.value).split(" ");
    const item = element("li", { id: `hit${at}`, role: "option" });
    const mark = (text) =>
      marked(text, words).map(([part, hit]) => (hit ? element("mark", {}, part) : part));
    item.append(element("span", { class: "name" }, ...mark(entry.node.name)));
    if (entry.rank > 0) item.append(element("span", { class: "via" }, ...mark(entry.text)));
    const above = pathOf(entry.node).slice(top_.id === "" ? 1 : 0, -1);
    item.append(element("span", { class: "where" }, above.map((node) => node.name).join(" \u203a ")));
    item.addEventListener("click", () => this.take(at));
    item.addEventListener("pointermove", () => this.active !== at && this.move(at));
    return item;
  }

  move(at) {
    this.active = at;
    [...this.list.children].forEach((item, place) => {
      item.setAttribute("aria-selected", String(place === at));
      if (place === at) item.scrollIntoView({ block: "nearest" });
    });
    if (at < 0) this.input.removeAttribute("aria-activedescendant");
    else this.input.setAttribute("aria-activedescendant", `hit${at}`);
  }

  key(event) {
    const count = this.hits.length;
    const open = !this.box.hidden;
    const acts = {
      ArrowDown: () => (open ? count && this.move((this.active + 1) % count) : this.look()),
      ArrowUp: () => open && count && this.move((this.active - 1 + count) % count),
      Enter: () => open && this.active >= 0 && this.take(this.active),
      Escape: () => (open ? this.close() : (this.input.value = "")),
    };
    if (!acts[event.key] || event.isComposing) return;
    event.preventDefault();
    acts[event.key]();
  }

  take(at) {
    const { node } = this.hits[at];
    this.close();
    this.input.value = node.name;
    this.input.select();
    this.choose(node);
  }

  close() {
    this.box.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }
}
