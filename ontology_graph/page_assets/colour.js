// One hue for each level-1 group of a branch, from the OKLCH space, where equal steps look
// equal: lightness alone then decides the contrast with the text on top.

const darkMode = matchMedia("(prefers-color-scheme: dark)");

/** Return a CSS colour for OKLCH values (Ottosson's matrices, clamped to sRGB). */
function oklch(lightness, chroma, hue) {
  const a = chroma * Math.cos((hue * Math.PI) / 180);
  const b = chroma * Math.sin((hue * Math.PI) / 180);
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const linear = [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
  const channels = linear.map((value) => {
    const part = Math.min(1, Math.max(0, value));
    const gamma = part <= 0.0031308 ? 12.92 * part : 1.055 * part ** (1 / 2.4) - 0.055;
    return Math.round(255 * gamma);
  });
  return `rgb(${channels.join(",")})`;
}

/**
 * Return the hue of a node's group. The groups of a branch go once around the circle, half by
 * number and half by size, so that large neighbours differ and small ones still do.
 */
function hueOf(node) {
  const { group } = node;
  const siblings = group.parent.kids;
  const byNumber = siblings.indexOf(group) / siblings.length;
  const bySize = (group.start - group.parent.start) / group.parent.leaves;
  return 20 + 180 * (byNumber + bySize);
}

/** Return how strongly a node is named, 0..1 on a log scale; 1 where nothing was counted. */
function weightOf(node) {
  if (!payload.counted) return 1;
  return node.total ? 0.35 + (0.65 * Math.log1p(node.total)) / Math.log1p(top_.total) : 0;
}

/** Return the fill of a node in the current colour scheme; `hot` is for the one pointed at. */
function fillOf(node, hot) {
  const dark = darkMode.matches;
  const lift = hot ? (dark ? 0.045 : -0.07) : 0;
  if (!node.group) return oklch((dark ? 0.36 : 0.88) + lift, 0.012, 250);
  const level = Math.min(3, node.depth - node.group.depth);
  const even = node.parent.kids.indexOf(node) % 2 ? 0.016 : 0;
  const lightness = dark ? 0.5 - 0.035 * level - even : 0.79 + 0.032 * level + even;
  const chroma = (dark ? 0.105 - 0.012 * level : 0.115 - 0.014 * level) * weightOf(node);
  return oklch(lightness + lift, chroma, hueOf(node) + fanOf(node));
}

/** Return how far a node's hue is from its group's: the group's children fan out a little. */
function fanOf(node) {
  const { group } = node;
  if (node === group) return 0;
  return 36 * ((node.start + node.leaves / 2 - group.start) / group.leaves - 0.5);
}

const fills = new Map();

/** Return the remembered fill of a node. */
function fill(node, hot) {
  if (hot) return fillOf(node, true);
  if (!fills.has(node)) fills.set(node, fillOf(node, false));
  return fills.get(node);
}

/** Return the colours of the page's own style sheet that the canvas needs. */
function ink() {
  const style = getComputedStyle(document.documentElement);
  const value = (name) => style.getPropertyValue(name).trim();
  return { text: value("--on-wheel"), back: value("--back"), ring: value("--ring") };
}
