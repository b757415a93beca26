// The page: its address says which term is chosen, and everything follows the address.

const part = (id) => document.getElementById(id);
const say = (text) => { part("said").textContent = text; };

/** Choose a node: write its address, and so make it a step of the browser's history. */
function choose(node) {
  const address = addressOf(node);
  if (nodeOfAddress() === node) follow(true);
  else location.hash = address;
}

/** Show what the address says. */
function follow(smooth) {
  const node = nodeOfAddress();
  showBranches(part("branches"), node);
  showCrumbs(part("crumbs"), node);
  showCard(part("card"), node);
  wheel.show(node, smooth);
  document.title = node === top_ ? payload.title : `${node.name} \u00b7 ${payload.title}`;
  part("wheel").setAttribute("aria-label", `Sunburst, centre ${centreFor(node).name}`);
  if (smooth) say(`${node.name} opened`);
}

const wheel = new Sunburst(part("wheel"), part("tip"), say, choose);
new Search(part("query"), part("found"), part("hits"), part("more"), choose);
addEventListener("hashchange", () => follow(true));
darkMode.addEventListener("change", () => {
  fills.clear();
  wheel.draw();
});
new ResizeObserver(() => wheel.resize()).observe(part("stage"));
wheel.resize();
follow(false);
