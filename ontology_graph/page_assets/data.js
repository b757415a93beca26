// The rows of the page to linked nodes. Every node stands below one parent; its other
// parents are kept apart, so that the wheel shows it once and the card names them all.

const payload = JSON.parse(document.getElementById("data").textContent);

/** Return the nodes in file order; parents come before their children. */
function readNodes(rows) {
  const nodes = rows.map(([id, name, , , definition, synonyms, codes, count]) => ({
    id, name, definition, synonyms, codes, count,
    parent: null, others: [], kids: [], guests: [],
    depth: 0, height: 0, leaves: 0, total: 0, start: 0, root: null, group: null,
  }));
  rows.forEach(([, , parent, others], at) => {
    const node = nodes[at];
    if (parent >= 0) {
      node.parent = nodes[parent];
      node.parent.kids.push(node);
    }
    for (const other of others) {
      node.others.push(nodes[other]);
      nodes[other].guests.push(node);
    }
  });
  return nodes;
}

/** Return the node that all others are below: the only root, or a made one above them. */
function makeTop(roots, title) {
  if (roots.length === 1) return roots[0];
  const top = {
    id: "", name: title, definition: "", synonyms: [], codes: [], count: 0,
    parent: null, others: [], kids: roots, guests: [],
    depth: 0, height: 0, leaves: 0, total: 0, start: 0, root: null, group: null,
  };
  for (const root of roots) root.parent = top;
  return top;
}

/** Give each node its depth, branch, level-1 group, number of leaves and place on the wheel. */
function measure(top, nodes) {
  const rootDepth = top.id === "" ? 1 : 0;
  for (const node of nodes) {
    if (node !== top) node.depth = node.parent.depth + 1;
    node.root = node.depth === rootDepth ? node : node.parent.root;
    if (node.depth > rootDepth) {
      node.group = node.depth === rootDepth + 1 ? node : node.parent.group;
    }
  }
  const upward = top.id === "" ? [top, ...nodes] : nodes;
  for (let at = upward.length - 1; at >= 0; at -= 1) {
    const node = upward[at];
    node.leaves = node.kids.reduce((sum, kid) => sum + kid.leaves, 0) || 1;
    node.height = node.kids.reduce((most, kid) => Math.max(most, kid.height + 1), 0);
    node.total = node.kids.reduce((sum, kid) => sum + kid.total, node.count);
  }
  for (const node of upward) {
    let start = node.start;
    for (const kid of node.kids) {
      kid.start = start;
      start += kid.leaves;
    }
  }
}

const below_ = new Map();

/** Return how many narrower terms there are along all parents. */
function belowOf(node) {
  if (!below_.has(node)) below_.set(node, countBelow(node));
  return below_.get(node);
}

function countBelow(node) {
  const seen = new Set();
  const stack = [node];
  while (stack.length) {
    const next = stack.pop();
    for (const kid of [...next.kids, ...next.guests]) {
      if (!seen.has(kid)) {
        seen.add(kid);
        stack.push(kid);
      }
    }
  }
  seen.delete(node);
  return seen.size;
}

/** Return the nodes from the top down to this one, both included. */
function pathOf(node) {
  const path = [];
  for (let at = node; at; at = at.parent) path.unshift(at);
  return path;
}

const nodes = readNodes(payload.terms);
const roots = nodes.filter((node) => node.parent === null);
const top_ = makeTop(roots, payload.title);
measure(top_, nodes);
const byId = new Map(nodes.map((node) => [node.id, node]));
if (top_.id === "") byId.set("", top_);

/** Return the address of a node inside this page. */
function addressOf(node) {
  return "#" + encodeURIComponent(node.id).replaceAll("%3A", ":");
}

/** Return the node the page's address names, the top for none or an unknown one. */
function nodeOfAddress() {
  let id = location.hash.slice(1);
  try {
    id = decodeURIComponent(id);
  } catch {
    // A stray percent sign: take the text as it is.
  }
  return byId.get(id) || top_;
}

const withCommas = (number) => number.toLocaleString("en-GB");
const plural = (number, word) => `${withCommas(number)} ${word}${number === 1 ? "" : "s"}`;
