// The wheel: drawing, zooming, pointer and keys.

const ZOOM_MS = 650;
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const ease = (t) => (t < 0.5 ? 4 * t ** 3 : 1 - (-2 * t + 2) ** 3 / 2);

/** The wheel on its canvas. `choose` is called with the node that was opened. */
class Sunburst {
  constructor(canvas, tip, say, choose) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.tip = tip;
    this.say = say;
    this.choose = choose;
    this.geometry = new Geometry();
    this.chosen = top_;
    this.hot = null;
    this.moving = 0;
    this.listen();
  }

  /** Fit the canvas to its place on the page. */
  resize() {
    const size = Math.max(120, Math.floor(this.canvas.parentElement.clientWidth));
    const ratio = Math.min(3, devicePixelRatio || 1);
    this.size = size;
    this.canvas.width = this.canvas.height = Math.round(size * ratio);
    this.context.setTransform(ratio, 0, 0, ratio, 0, 0);
    cancelAnimationFrame(this.moving);
    this.moving = 0;
    this.geometry.settle(centreFor(this.chosen), size / 2 - 3);
    this.draw();
  }

  /** Mark a node and bring it into view. */
  show(node, smooth) {
    this.chosen = node;
    this.point(null);
    const centre = centreFor(node);
    cancelAnimationFrame(this.moving);
    this.moving = 0;
    if (!smooth || calm.matches || centre === this.geometry.centre) {
      this.geometry.settle(centre, this.geometry.radius);
      this.draw();
      return;
    }
    this.geometry.aim(centre);
    const begun = performance.now();
    const frame = (now) => {
      const t = Math.min(1, Math.max(0, (now - begun) / ZOOM_MS));
      this.geometry.step(ease(t));
      this.moving = t < 1 ? requestAnimationFrame(frame) : 0;
      this.draw();
    };
    this.moving = requestAnimationFrame(frame);
  }

  draw() {
    const { context, geometry, size } = this;
    const colours = ink();
    context.clearRect(0, 0, size, size);
    context.save();
    context.translate(size / 2, size / 2);
    context.textAlign = "center";
    context.textBaseline = "middle";
    const seen = [];
    for (const node of nodes) {
      const arc = geometry.arc(node);
      if (arc) {
        this.drawArc(node, arc, colours);
        seen.push([node, arc]);
      }
    }
    this.drawNames(seen, colours);
    this.drawMark(colours);
    context.beginPath();
    context.arc(0, 0, geometry.bounds[1], 0, 2 * Math.PI);
    context.fillStyle = this.hot === geometry.centre ? fill(geometry.centre, true) : colours.back;
    context.fill();
    const onCentre = this.hot === geometry.centre ? colours.text : colours.ring;
    drawCentre(context, geometry.centre, geometry.bounds[1], onCentre);
    context.restore();
  }

  drawArc(node, arc, colours) {
    const { context } = this;
    context.beginPath();
    context.arc(0, 0, arc.r1, arc.a0, arc.a1);
    context.arc(0, 0, arc.r0, arc.a1, arc.a0, true);
    context.closePath();
    context.fillStyle = fill(node, node === this.hot);
    context.fill();
    // A line around a sliver would hide it.
    const wide = (arc.a1 - arc.a0) * arc.r0;
    context.lineWidth = wide > 6 ? 1.2 : wide > 2 ? 0.5 : 0;
    if (context.lineWidth && wide > 2) {
      context.strokeStyle = colours.back;
      context.stroke();
    }
  }

  drawNames(seen, colours) {
    const sizes = this.size < 480 ? [10, 9] : [12, 10.5, 9.5];
    this.context.fillStyle = colours.text;
    for (const [node, arc] of seen) {
      const ring = this.geometry.place.get(node)[2];
      if (ring < 0.5) continue;
      const weight = ring <= 1.5 ? 600 : 400;
      drawLabel(this.context, node, arc, sizes, weight);
    }
  }

  /** Draw the outline of the chosen node where it is not the centre itself. */
  drawMark(colours) {
    const marked = this.chosen === this.geometry.centre ? null : this.chosen;
    const arc = marked && marked.id !== "" ? this.geometry.arc(marked) : null;
    if (!arc) return;
    const { context } = this;
    context.beginPath();
    context.arc(0, 0, arc.r1 - 1, arc.a0, arc.a1);
    context.arc(0, 0, arc.r0 + 1, arc.a1, arc.a0, true);
    context.closePath();
    context.lineWidth = 2.5;
    context.lineJoin = "round";
    context.strokeStyle = colours.ring;
    context.stroke();
  }

  /** Light up a node, with its name beside it; null for none. */
  point(node, x, y) {
    if (node !== this.hot) {
      this.hot = node;
      if (!this.moving) this.draw();
    }
    this.canvas.classList.toggle("over", node !== null);
    this.tip.hidden = node === null || node === this.geometry.centre;
    if (this.tip.hidden) return;
    const below = node.kids.length ? `, ${plural(belowOf(node), "term")}` : "";
    const counted = payload.counted ? `, named ${plural(node.total, "time")}` : "";
    this.tip.textContent = node.name + below + counted;
    const half = this.tip.offsetWidth / 2;
    const left = Math.min(Math.max(half, x), Math.max(half, this.size - half));
    this.tip.style.transform = `translate(${left - half}px, ${Math.max(0, y - 40)}px)`;
  }

  listen() {
    const spot = (event) => {
      const box = this.canvas.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    };
    const under = (x, y) => this.geometry.hit(x - this.size / 2, y - this.size / 2);
    this.canvas.addEventListener("pointermove", (event) => {
      if (this.moving || event.pointerType === "touch") return;
      const [x, y] = spot(event);
      this.point(under(x, y), x, y);
    });
    this.canvas.addEventListener("pointerleave", () => this.point(null));
    this.canvas.addEventListener("blur", () => this.point(null));
    this.canvas.addEventListener("click", (event) => {
      if (this.moving) return;
      const node = under(...spot(event));
      if (node === this.geometry.centre) this.out();
      else if (node) this.choose(node);
    });
    this.canvas.addEventListener("keydown", (event) => {
      const act = this.keys()[event.key];
      if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      act();
    });
  }

  /** Zoom out by one level. */
  out() {
    const { centre } = this.geometry;
    if (centre.parent) this.choose(centre.parent);
  }

  keys() {
    const { centre } = this.geometry;
    const here = this.hot && this.hot !== centre ? this.hot : null;
    const beside = (by) => () => {
      if (!here) return this.reach(centre.kids.at(by < 0 ? -1 : 0));
      const all = here.parent.kids;
      return this.reach(all.at((all.indexOf(here) + by) % all.length));
    };
    return {
      ArrowRight: beside(1),
      ArrowLeft: beside(-1),
      ArrowDown: () => this.reach((here || centre).kids[0]),
      ArrowUp: () => (here && here.parent !== centre ? this.reach(here.parent) : this.out()),
      Enter: () => here && this.choose(here),
      " ": () => here && this.choose(here),
      Escape: () => this.out(),
    };
  }

  /** Point at a node by key, and say its name. */
  reach(node) {
    const arc = node ? this.geometry.arc(node) : null;
    if (!arc) return;
    const angle = (arc.a0 + arc.a1) / 2;
    const middle = (arc.r0 + arc.r1) / 2;
    const half = this.size / 2;
    this.point(node, half + middle * Math.cos(angle), half + middle * Math.sin(angle));
    this.say(`${node.name}${node.kids.length ? `, ${plural(belowOf(node), "term")}` : ""}`);
  }
}
