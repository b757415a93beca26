// Names on the wheel, only where they can be read: along the arc where it is wide, along
// the radius elsewhere, in several lines where there is room, cut short never below a word.

const LINE = 1.18;
const PAD = 5;

/** Return the text in at most `most` lines of at most `width` pixels, null if it cannot be. */
function wrap(context, text, width, most) {
  const lines = [""];
  for (const word of text.split(/\s+/)) {
    const last = lines[lines.length - 1];
    const longer = last ? `${last} ${word}` : word;
    if (context.measureText(longer).width <= width) {
      lines[lines.length - 1] = longer;
    } else if (last && lines.length < most && context.measureText(word).width <= width) {
      lines.push(word);
    } else {
      return null;
    }
  }
  return lines;
}

/** Draw a line of text along a circle, upright in the lower half too. */
function alongArc(context, text, angle, radius) {
  const lower = Math.sin(angle) > 0.05;
  const turn = lower ? -1 : 1;
  let at = angle - (turn * context.measureText(text).width) / radius / 2;
  for (const letter of text) {
    const step = context.measureText(letter).width / radius;
    const middle = at + (turn * step) / 2;
    context.save();
    context.rotate(middle);
    context.translate(radius, 0);
    context.rotate((turn * Math.PI) / 2);
    context.fillText(letter, 0, 0);
    context.restore();
    at += turn * step;
  }
}

/** Draw lines of text along the radius, upright on the left side too. */
function alongRadius(context, lines, angle, radius, size) {
  context.save();
  context.rotate(angle);
  context.translate(radius, 0);
  if (Math.cos(angle) < 0) context.rotate(Math.PI);
  lines.forEach((line, at) => {
    context.fillText(line, 0, (at - (lines.length - 1) / 2) * size * LINE);
  });
  context.restore();
}

/** Draw the name of a node on its arc if it fits there. */
function drawLabel(context, node, arc, size) {
  const deep = arc.r1 - arc.r0 - 2 * PAD;
  const middle = (arc.r0 + arc.r1) / 2;
  const angle = (arc.a0 + arc.a1) / 2;
  const wide = (arc.a1 - arc.a0) * middle - 2 * PAD;
  if (wide < size * 0.75 || deep < size) return;
  if (wide > context.measureText(node.name).width * 1.15 && wide > deep) {
    alongArc(context, node.name, angle, middle);
    return;
  }
  const narrow = Math.min(arc.a1 - arc.a0, Math.PI) * (arc.r0 + PAD) - 2;
  const lines = wrap(context, node.name, deep, Math.floor(narrow / (size * LINE)));
  if (lines && narrow >= size * LINE * 0.9) alongRadius(context, lines, angle, middle, size);
}

/** Draw the name and the size of the centre. */
function drawCentre(context, node, radius, colour) {
  const size = Math.max(10, Math.min(16, radius / 4.2));
  context.font = `600 ${size}px system-ui, sans-serif`;
  const lines = wrap(context, node.name, radius * 1.6, 3);
  if (!lines) return;
  const below = countBelow(node);
  context.fillStyle = colour;
  const first = -((lines.length - 1) / 2) * size * LINE - size * 0.35;
  lines.forEach((line, at) => context.fillText(line, 0, first + at * size * LINE));
  context.font = `${size * 0.8}px system-ui, sans-serif`;
  context.fillText(plural(below, "term"), 0, first + lines.length * size * LINE);
  if (node.parent) context.fillText("\u2191", 0, -radius * 0.78);
}
