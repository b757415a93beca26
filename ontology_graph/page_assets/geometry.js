// Where each node is on the wheel, now and at the end of a zoom. Angles in turns (0..1),
// rings told by their distance from the centre in pixels.

const MOST_RINGS = 5;
const RING_WEIGHTS = [1.8, 1.5, 1, 0.55, 0.35];
const SMALL = 240;
const SMALL_RINGS = 3;
const CENTRE = 0.17;
const LEAST_CENTRE = 46;

/** Return the radii between the rings: entry k is where ring k begins, ring 0 the centre. */
function ringBounds(radius, rings) {
  const weights = RING_WEIGHTS.slice(0, rings);
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const centre = Math.min(radius / 2, Math.max(LEAST_CENTRE, radius * CENTRE));
  const bounds = [0, centre];
  for (const weight of weights) {
    bounds.push(bounds[bounds.length - 1] + (weight / sum) * (radius - centre));
  }
  while (bounds.length < MOST_RINGS + 2) bounds.push(radius);
  return bounds;
}

/** Return the node in the centre when `node` is chosen: itself, or the parent of a leaf. */
function centreFor(node) {
  return node.kids.length || !node.parent ? node : node.parent;
}

/** The wheel's geometry, with a zoom from one centre to another. */
class Geometry {
  constructor() {
    this.centre = top_;
    this.radius = 0;
    this.place = new Map();
    this.bounds = ringBounds(0, 1);
    this.from = null;
  }

  /** Put every node where it belongs with this centre and radius, at once. */
  settle(centre, radius) {
    this.centre = centre;
    this.radius = radius;
    const goal = this.goal(centre);
    this.place = goal.place;
    this.bounds = goal.bounds;
    this.from = null;
  }

  /** Prepare to move from the present places to those of a new centre. */
  aim(centre) {
    this.from = { place: this.place, bounds: this.bounds };
    this.centre = centre;
    this.to = this.goal(centre);
  }

  /** Take the places at `t` (0..1) of the move. */
  step(t) {
    if (t >= 1 || !this.from) {
      this.settle(this.centre, this.radius);
      return;
    }
    const mix = (a, b) => a + (b - a) * t;
    this.bounds = this.from.bounds.map((value, at) => mix(value, this.to.bounds[at]));
    this.place = new Map();
    for (const [node, end] of this.to.place) {
      const begin = this.from.place.get(node);
      this.place.set(node, [mix(begin[0], end[0]), mix(begin[1], end[1]), mix(begin[2], end[2])]);
    }
  }

  /** Return begin, end (turns) and ring of every node for a centre. */
  goal(centre) {
    const place = new Map();
    const turn = (at) => Math.min(1, Math.max(0, (at - centre.start) / centre.leaves));
    for (const node of nodes) {
      place.set(node, [
        turn(node.start),
        turn(node.start + node.leaves),
        node.depth - centre.depth,
      ]);
    }
    // On a small screen fewer rings leave room for names and fingers.
    const most = this.radius < SMALL ? SMALL_RINGS : MOST_RINGS;
    const rings = Math.max(1, Math.min(most, centre.height));
    return { place, bounds: ringBounds(this.radius, rings) };
  }

  /** Return the radius at which a ring (whole or between two) begins. */
  at(ring) {
    if (ring <= 0) return 0;
    const low = Math.min(Math.floor(ring), this.bounds.length - 1);
    const high = Math.min(low + 1, this.bounds.length - 1);
    return this.bounds[low] + (this.bounds[high] - this.bounds[low]) * (ring - low);
  }

  /** Return `{a0, a1, r0, r1}` (radians from the top, pixels) or null for what is not seen. */
  arc(node) {
    const [begin, end, ring] = this.place.get(node);
    if (end <= begin || ring <= -1) return null;
    const r0 = this.at(ring);
    const r1 = this.at(ring + 1);
    if (r1 - r0 < 0.5) return null;
    const back = -Math.PI / 2;
    return { a0: back + begin * 2 * Math.PI, a1: back + end * 2 * Math.PI, r0, r1 };
  }

  /** Return the node at a point measured from the centre, null outside the wheel. */
  hit(x, y) {
    const distance = Math.hypot(x, y);
    if (distance > this.radius) return null;
    if (distance < this.bounds[1]) return this.centre;
    const ring = this.bounds.findIndex((bound) => distance < bound) - 1;
    if (ring < 1) return null;
    const turn = (Math.atan2(x, -y) / (2 * Math.PI) + 1) % 1;
    let node = this.centre;
    while (node && node.depth - this.centre.depth < ring) {
      node = node.kids.find((kid) => {
        const [begin, end] = this.place.get(kid);
        return turn >= begin && turn < end;
      });
    }
    return node || null;
  }
}
