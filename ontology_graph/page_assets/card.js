// The card of a term, the path and the branch switch. Text only ever enters as text nodes.

const SCOPE_NAMES = { EXACT: "exact", NARROW: "narrower", BROAD: "broader", RELATED: "related" };

/** Return a new element; attributes by name, the rest are its children. */
function element(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

const linkTo = (node, attributes = {}) =>
  element("a", { href: addressOf(node), ...attributes }, node.name);

/** Return a list of links to nodes, with the number of terms below each. */
function linkList(list) {
  return element("ul", { class: "links" }, ...list.map((node) => {
    const item = element("li", {}, linkTo(node));
    const below = belowOf(node);
    if (below) item.append(element("span", { class: "count" }, withCommas(below)));
    if (payload.counted) {
      item.append(element("span", { class: "count" }, `\u00d7${withCommas(node.total)}`));
    }
    return item;
  }));
}

function section(title, ...body) {
  return element("section", {}, element("h3", {}, title), ...body);
}

/** Return the synonyms, one line per scope. */
function synonymList(node) {
  const list = element("dl", { class: "synonyms" });
  let last = null;
  for (const [scope, kind, ...texts] of node.synonyms) {
    if (scope !== last) {
      list.append(element("dt", {}, SCOPE_NAMES[scope] || scope.toLowerCase()), element("dd", {}));
    }
    last = scope;
    for (const text of texts) {
      const chip = element("span", { class: "chip" }, text);
      if (kind) chip.append(element("small", {}, kind === "ABBREVIATION" ? "abbr." : kind.toLowerCase()));
      list.lastElementChild.append(chip);
    }
  }
  return list;
}

/** Fill the side panel with a node. */
function showCard(panel, node) {
  const parts = [element("h2", { tabindex: "-1" }, node.name)];
  if (node.id !== "") {
    const below = belowOf(node);
    const facts = [node.root === node ? "branch" : node.root.name];
    if (below) facts.push(plural(below, "narrower term"));
    if (payload.counted) facts.push(`named ${plural(node.total, "time")} in the run`);
    parts.push(element("p", { class: "facts" }, element("code", {}, node.id), ` ${facts.join(" \u00b7 ")}`));
  } else {
    parts.push(element("p", { class: "facts" },
      `${plural(nodes.length, "term")} \u00b7 version ${payload.version.slice(0, 12)}`));
  }
  if (node.definition) parts.push(element("p", { class: "definition" }, node.definition));
  if (node.synonyms.length) parts.push(section("Synonyms", synonymList(node)));
  if (node.codes.length) {
    const codes = node.codes.map((code) => element("code", {}, code));
    parts.push(section("Codes", element("p", { class: "codes" }, ...codes)));
  }
  const above = [node.parent, ...node.others].filter((parent) => parent && parent.id !== "");
  if (above.length) parts.push(section(above.length > 1 ? "Parents" : "Parent", linkList(above)));
  const kids = [...node.kids, ...node.guests];
  if (kids.length) parts.push(section(node.id === "" ? "Branches" : "Children", linkList(kids)));
  panel.replaceChildren(...parts);
  panel.scrollTop = 0;
}

/** Fill the path above the wheel. */
function showCrumbs(nav, node) {
  const path = pathOf(node);
  const items = path.map((step, at) => {
    const name = step.id === "" ? "all" : step.name;
    const here = at === path.length - 1;
    const body = here
      ? element("span", { "aria-current": "page" }, name)
      : element("a", { href: addressOf(step) }, name);
    return element("li", {}, body);
  });
  nav.replaceChildren(element("ol", {}, ...items));
}

/** Fill the branch switch and mark the branch of a node. */
function showBranches(nav, node) {
  nav.hidden = roots.length < 2;
  if (nav.hidden) return;
  const choices = [top_, ...roots].map((root) => {
    const here = root === top_ ? node === top_ : node.root === root;
    const name = root === top_ ? "all" : root.name;
    return element("a", { href: addressOf(root), ...(here ? { "aria-current": "true" } : {}) }, name);
  });
  nav.replaceChildren(...choices);
}
