// Shows one frame of a story at a time. The story arrives once; nothing here asks the kernel for anything.

const TOKEN = /‹([^|›]*)\|([^|›]*)\|([^›]*)›/g;
const MARKUP = '<span class="bp-name"><i>$1</i><span><sup>$2</sup><sub>$3</sub></span></span>';
const PLAY_EVERY_MS = 1200;

function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

// The picture of a story: remembers which frame it shows and goes from there to another.
class Picture {
  constructor(story, host) {
    this.story = story;
    host.innerHTML = story.svg;
    this.svg = host.querySelector("svg");
    this.parts = new Map();
    for (const part of this.svg.querySelectorAll("[id]")) {
      this.parts.set(part.id, { node: part, text: part.textContent, classes: part.getAttribute("class") || "" });
      part.removeAttribute("id"); // several steppers on a page must not share ids
    }
    this.shown = -1;
    this.lit = [];
  }

  show(index) {
    this.unlight();
    if (index < this.shown) this.rewind();
    for (let n = this.shown + 1; n <= index; n++) this.apply(this.story.frames[n]);
    this.shown = index;
    const frame = this.story.frames[index];
    for (const id of frame.read || []) this.light(id, "bp-read");
    for (const id of frame.now || []) this.light(id, "bp-now");
    this.svg.setAttribute("aria-label", `${this.story.alt} ${frame.title}: ${frame.alt}`);
  }

  apply(frame) {
    for (const [id, text] of Object.entries(frame.texts || {})) this.parts.get(id).node.textContent = text;
    for (const [id, name] of Object.entries(frame.classes || {})) this.parts.get(id).node.classList.add(name);
  }

  rewind() {
    const touched = new Set();
    for (let n = 0; n <= this.shown; n++) {
      for (const id of Object.keys(this.story.frames[n].texts || {})) touched.add(id);
      for (const id of Object.keys(this.story.frames[n].classes || {})) touched.add(id);
    }
    for (const id of touched) {
      const part = this.parts.get(id);
      if (part.node.childElementCount === 0) part.node.textContent = part.text;
      part.node.setAttribute("class", part.classes);
    }
    this.shown = -1;
  }

  light(id, name) {
    const { node } = this.parts.get(id);
    node.classList.add(name);
    this.lit.push([node, name]);
  }

  unlight() {
    for (const [node, name] of this.lit) node.classList.remove(name);
    this.lit = [];
  }
}

// Drawn, because not every font has the signs of a tape recorder.
const ICONS = {
  first: "M3 2h2v10H3zM13 2v10L5.5 7z",
  previous: "M11 2v10L3.5 7z",
  play: "M3 2v10l4.5-5zM8 2v10l4.5-5z",
  pause: "M3 2h3v10H3zM8 2h3v10H8z",
  next: "M3 2v10l7.5-5z",
  last: "M1 2v10l7.5-5zM9 2h2v10H9z",
};

function setIcon(button, icon, name) {
  button.innerHTML = `<svg aria-hidden="true" width="14" height="14" viewBox="0 0 14 14"><path d="${ICONS[icon]}"/></svg>`;
  button.setAttribute("aria-label", name);
  button.title = name;
}

function controls(last) {
  const button = (icon, name) => {
    const node = element("button", { type: "button" });
    setIcon(node, icon, name);
    return node;
  };
  return {
    first: button("first", "First step"),
    previous: button("previous", "Previous step"),
    play: button("play", "Play"),
    next: button("next", "Next step"),
    last: button("last", "Last step"),
    slider: element("input", { type: "range", min: 0, max: last, step: 1, "aria-label": "Step" }),
    count: element("output", { class: "bp-count" }),
  };
}

function render({ model, el }) {
  const story = model.get("story");
  const last = story.frames.length - 1;
  const bar = controls(last);
  const host = element("div", { class: "bp-picture" });
  const title = element("strong");
  const says = element("span", { class: "bp-says" });
  const equation = element("div", { class: "bp-equation" });
  const spoken = element("div", { class: "bp-spoken", "aria-live": "polite" });
  const root = element(
    "div",
    { class: "bp-stepper", role: "group", "aria-label": model.get("label"), tabindex: 0 },
    element("div", { class: "bp-bar" }, bar.first, bar.previous, bar.play, bar.next, bar.last, bar.slider, bar.count),
    element("div", { class: "bp-caption" }, element("p", {}, title, " ", says), equation),
    host,
    spoken,
  );
  el.append(root);
  const picture = new Picture(story, host);
  let timer = null;

  function draw() {
    const index = Math.min(Math.max(model.get("index"), 0), last);
    const frame = story.frames[index];
    picture.show(index);
    title.textContent = `${frame.title}.`;
    says.textContent = story.sentences[frame.says];
    equation.innerHTML = frame.html.replace(TOKEN, MARKUP);
    bar.slider.value = index;
    bar.slider.setAttribute("aria-valuetext", `step ${index + 1} of ${last + 1}: ${frame.title}`);
    bar.count.textContent = `${index + 1} / ${last + 1}`;
    for (const node of [bar.first, bar.previous]) node.disabled = index === 0;
    for (const node of [bar.next, bar.last]) node.disabled = index === last;
    spoken.textContent = timer ? "" : `${frame.title}: ${frame.alt}`;
  }

  function go(index) {
    const to = Math.min(Math.max(index, 0), last);
    if (to === model.get("index")) return;
    model.set("index", to);
    model.save_changes();
  }

  function pause() {
    clearInterval(timer);
    timer = null;
    setIcon(bar.play, "play", "Play");
  }

  function play() {
    if (model.get("index") === last) go(0);
    setIcon(bar.play, "pause", "Pause");
    timer = setInterval(() => {
      if (model.get("index") >= last) pause();
      else go(model.get("index") + 1);
    }, PLAY_EVERY_MS);
  }

  function step(to) {
    pause();
    go(to);
    // A button that has just been disabled would drop the focus, and with it the keys.
    if (document.activeElement?.disabled) root.focus();
  }

  const toggle = () => (timer ? pause() : play());
  const keys = {
    ArrowRight: () => step(model.get("index") + 1),
    ArrowLeft: () => step(model.get("index") - 1),
    Home: () => step(0),
    End: () => step(last),
    " ": toggle,
  };
  root.addEventListener("keydown", (event) => {
    // The notebook has its own meaning for most keys; none of them is meant for it while the focus is here.
    event.stopPropagation();
    const onButton = event.target instanceof HTMLButtonElement;
    if (!(event.key in keys) || (event.key === " " && onButton) || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    keys[event.key]();
  });
  bar.first.addEventListener("click", () => step(0));
  bar.previous.addEventListener("click", () => step(model.get("index") - 1));
  bar.next.addEventListener("click", () => step(model.get("index") + 1));
  bar.last.addEventListener("click", () => step(last));
  bar.play.addEventListener("click", toggle);
  bar.slider.addEventListener("input", () => step(Number(bar.slider.value)));
  model.on("change:index", draw);
  draw();
  return () => {
    pause();
    model.off("change:index", draw);
  };
}

export default { render };
