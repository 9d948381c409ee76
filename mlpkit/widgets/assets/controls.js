// What the explorer and the playground share: labelled native controls, drawing in parts, and talking to the
// kernel with one message on its way at a time. It is put before their own text, so nothing is exported here.

const SILENT_MS = 4000;
const SAY_AFTER_MS = 700;
const NUDGE_MS = 14;
const NEEDS_KERNEL =
  "This is a still picture: moving it needs a running kernel. In a notebook, run its cell; a busy kernel will follow.";

function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

function shortNumber(value) {
  const rounded = Number(Number(value).toPrecision(4));
  return rounded !== 0 && Math.abs(rounded) < 1e-3 ? rounded.toExponential() : String(rounded);
}

// -- controls ----------------------------------------------------------------------------------------------

// Places on a scale: a range input counts them, so that a logarithmic scale is as easy as a linear one.
class Scale {
  constructor({ low, high, step, log, positions }) {
    Object.assign(this, { low, high, log });
    this.last = log ? positions : Math.round((high - low) / step);
  }

  value(position) {
    const share = position / this.last;
    if (this.log) return Number((this.low * (this.high / this.low) ** share).toPrecision(3));
    return Number((this.low + share * (this.high - this.low)).toPrecision(12));
  }

  position(value) {
    const clipped = Math.min(Math.max(value, this.low), this.high);
    const share = this.log
      ? Math.log(clipped / this.low) / Math.log(this.high / this.low)
      : (clipped - this.low) / (this.high - this.low);
    return Math.round(share * this.last);
  }
}

function sliderField(spec, changed) {
  const scale = new Scale(spec);
  const range = element("input", { type: "range", min: 0, max: scale.last, step: 1 });
  const box = element("input", { type: "number", step: "any", "aria-label": `${spec.label}, as a number` });
  const label = element("label", { class: "bp-scale" }, element("span", {}, spec.label), range);
  const node = element("div", { class: "bp-field" }, label, box);
  if (spec.unit) node.append(element("span", { class: "bp-unit" }, spec.unit));

  let shown = null;
  function show(value) {
    if (value === shown && box.value !== "") return;
    shown = value;
    range.value = scale.position(value);
    range.setAttribute("aria-valuetext", shortNumber(value));
    box.value = shortNumber(value);
  }
  function take(value) {
    const clipped = Math.min(Math.max(value, spec.low), spec.high);
    shown = null; // what was typed may be another way to write the same number
    show(clipped);
    changed(spec.name, clipped);
  }
  range.addEventListener("input", () => take(scale.value(Number(range.value))));
  box.addEventListener("change", () => {
    if (box.value !== "" && Number.isFinite(Number(box.value))) take(Number(box.value));
  });
  box.addEventListener("keydown", (event) => {
    const by = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (!by) return;
    event.preventDefault(); // the browser would add 1, whatever the scale
    take(scale.value(Math.min(Math.max(scale.position(Number(box.value)) + by, 0), scale.last)));
  });
  return { node, show, inputs: [range, box] };
}

function choiceField(spec, changed) {
  const select = element("select", {}, ...spec.options.map((name) => element("option", { value: name }, name)));
  const node = element("div", { class: "bp-field" }, element("label", {}, element("span", {}, spec.label), select));
  select.addEventListener("change", () => changed(spec.name, select.value));
  return { node, show: (value) => (select.value = value), inputs: [select] };
}

// All controls of a widget. `changed` is called with the values that were moved, by name.
function controlPanel(specs, changed) {
  const fields = new Map();
  const node = element("div", { class: "bp-controls" });
  for (const spec of specs) {
    const make = spec.kind === "choice" ? choiceField : sliderField;
    const field = make(spec, (name, value) => changed({ [name]: value }));
    fields.set(spec.name, field);
    node.append(field.node);
  }
  return {
    node,
    show(values) {
      for (const [name, field] of fields) if (name in values) field.show(values[name]);
    },
    hide(names) {
      for (const [name, field] of fields) field.node.hidden = names.includes(name);
    },
    enable(on) {
      for (const field of fields.values()) for (const input of field.inputs) input.disabled = !on;
    },
  };
}

// -- drawing -----------------------------------------------------------------------------------------------

// An SVG whose parts are replaced one by one, and only those that changed.
class PartPicture {
  constructor(host) {
    this.host = host;
    this.base = null;
    this.drawn = new Map();
  }

  draw(base, parts, alt) {
    if (base !== this.base) {
      this.host.innerHTML = base;
      this.base = base;
      this.svg = this.host.querySelector("svg");
      this.places = new Map([...this.svg.querySelectorAll("[data-part]")].map((g) => [g.dataset.part, g]));
      this.drawn.clear();
    }
    for (const [name, markup] of Object.entries(parts)) {
      if (this.drawn.get(name) === markup || !this.places.has(name)) continue;
      this.places.get(name).innerHTML = markup;
      this.drawn.set(name, markup);
    }
    this.svg.setAttribute("aria-label", alt);
  }
}

// Says the words of the picture when it has come to rest, so that dragging does not make a flood of speech.
function speaker() {
  const node = element("div", { class: "bp-spoken", "aria-live": "polite" });
  let timer = null;
  let said = null;
  return {
    node,
    say(words) {
      clearTimeout(timer);
      if (said === null) said = words; // what is there at the start is not news
      else if (words !== said) timer = setTimeout(() => (node.textContent = said = words), SAY_AFTER_MS);
    },
    stop: () => clearTimeout(timer),
  };
}

// -- talking to the kernel ---------------------------------------------------------------------------------

// Sends wishes; while one is unanswered, later ones of a kind are merged, so the kernel never has a queue.
class Channel {
  constructor(model, onAlive) {
    this.model = model;
    this.onAlive = onAlive;
    this.name = Math.random().toString(36).slice(2, 10);
    this.count = 0;
    this.waiting = null;
    this.wanted = new Map(); // by kind, in the order in which they were first wished
    this.alive = null;
    this.everAlive = false;
    this.post({ kind: "hello" });
  }

  want(message) {
    const before = this.wanted.get(message.kind);
    const values = { ...before?.values, ...message.values };
    this.wanted.set(message.kind, message.values ? { ...message, values } : message);
    if (!this.waiting) this.next();
  }

  next() {
    const [first] = this.wanted.values();
    if (!first) return;
    this.wanted.delete(first.kind);
    this.post(first);
  }

  post(message) {
    this.waiting = `${this.name}-${++this.count}`;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.silent(), this.alive === null ? SILENT_MS / 2 : SILENT_MS);
    try {
      this.model.send({ ...message, ticket: this.waiting });
    } catch {
      this.silent();
      return;
    }
    clearTimeout(this.nudging);
    this.nudging = setTimeout(() => this.nudge(), NUDGE_MS);
  }

  // The notebook server lets small packets wait for the receipt of the one before (Nagle's algorithm), and the
  // browser takes up to 40 ms to send a mere receipt. Any word from here carries it along, and so the answer,
  // which stands behind the kernel's "busy", comes some 20 ms sooner. An answer already here needs no nudge.
  nudge() {
    if (this.waiting && this.alive) this.model.send({ kind: "nudge" });
  }

  silent() {
    this.setAlive(false);
  }

  // Tells whether this was the answer to the newest wish, with none left to send.
  answered(ticket) {
    if (ticket !== this.waiting) return !this.waiting;
    this.waiting = null;
    clearTimeout(this.timer);
    this.setAlive(true);
    this.next();
    return !this.waiting;
  }

  setAlive(alive) {
    if (alive === this.alive) return;
    this.alive = alive;
    this.everAlive ||= alive;
    this.onAlive(alive);
  }

  stop() {
    clearTimeout(this.timer);
    clearTimeout(this.nudging);
  }
}

// A sentence that stands there only while no kernel answers.
function kernelNote() {
  return element("p", { class: "bp-note", role: "status" });
}

// The notebook has its own meaning for most keys; none of them is meant for it while the focus is in here.
function keepKeys(root) {
  root.addEventListener("keydown", (event) => event.stopPropagation());
}
