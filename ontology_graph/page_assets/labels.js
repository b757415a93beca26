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

/** Return how a name fits on an arc in a size of letters, null if it does not. */
function fit(context, name, arc, size) {
  const deep = arc.r1 - arc.r0 - 2 * PAD;
  const turn = arc.a1 - arc.a0;
  const wide = turn * (arc.r0 + deep * 0.4) - 2 * PAD;
  if (turn > 0.3 && wide > deep * 0.8) {
    const most = Math.min(3, Math.floor(deep / (size * LINE)));
    const lines = most > 0 ? wrap(context, name, Math.min(wide, arc.r0 * 2.4), most) : null;
    if (lines) return { lines, along: true };
  }
  const narrow = Math.min(turn, Math.PI) * (arc.r0 + PAD) - 2;
  if (narrow < size * 0.95 || deep < size) return null;
  const lines = wrap(context, name, deep, Math.max(1, Math.floor(narrow / (size * LINE))));
  return lines && { lines, along: false };
}

/** Draw the name of a node on its arc, in the largest of the sizes that fits, if any. */
function drawLabel(context, node, arc, sizes, weight) {
  if ((arc.a1 - arc.a0) * arc.r1 < sizes[sizes.length - 1]) return;
  const angle = (arc.a0 + arc.a1) / 2;
  const middle = (arc.r0 + arc.r1) / 2;
  for (const size of sizes) {
    context.font = `${weight} ${size}px system-ui, sans-serif`;
    const found = fit(context, node.name, arc, size);
    if (!found) continue;
    if (!found.along) alongRadius(context, found.lines, angle, middle, size);
    found.lines.forEach((line, at) => {
      if (!found.along) return;
      const step = ((found.lines.length - 1) / 2 - at) * size * LINE;
      // In the lower half the first line is the inner one.
      alongArc(context, line, angle, middle + (Math.sin(angle) > 0.05 ? -step : step));
    });
    return;
  }
}

/** Draw the name and the size of the centre. */
function drawCentre(context, node, radius, colour) {
  for (const size of [16, 14, 12, 10.5, 9]) {
    context.font = `600 ${size}px system-ui, sans-serif`;
    const lines = wrap(context, node.name, radius * 1.6, Math.floor(radius / size / 1.3));
    if (!lines) continue;
    context.fillStyle = colour;
    const first = (-(lines.length - 1) / 2 - 0.3) * size * LINE;
    lines.forEach((line, at) => context.fillText(line, 0, first + at * size * LINE));
    context.font = `${Math.max(9, size * 0.8)}px system-ui, sans-serif`;
    context.fillText(plural(belowOf(node), "term"), 0, first + lines.length * size * LINE);
    break;
  }
  if (node.parent) drawArrow(context, radius, colour);
}

/** Draw the arrow that says the centre leads outward. */
function drawArrow(context, radius, colour) {
  const tip = -radius * 0.86;
  context.beginPath();
  context.moveTo(-4, tip + 4.5);
  context.lineTo(0, tip);
  context.lineTo(4, tip + 4.5);
  context.lineWidth = 1.6;
  context.strokeStyle = colour;
  context.stroke();
}
