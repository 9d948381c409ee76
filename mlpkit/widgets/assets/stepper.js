// Shows one frame of a story at a time. The stories arrive once; nothing here asks the kernel for anything.

const TOKEN = /‹([^|›]*)\|([^|›]*)\|([^›]*)›/g;
const MARKUP = '<span class="bp-name"><i>$1</i><span><sup>$2</sup><sub>$3</sub></span></span>';
const PLAY_EVERY_MS = 1200;
const SIZED_FRAMES = 4;
const SMALLEST_SCALE = 0.74;

function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

// The picture of a story: remembers which frame it shows and goes from there to another.
class Picture {
  constructor(story, svg) {
    this.story = story;
    this.host = element("div", { class: "bp-picture" });
    this.host.innerHTML = svg;
    this.svg = this.host.querySelector("svg");
    this.svg.style.minWidth = `${Math.round(SMALLEST_SCALE * this.svg.viewBox.baseVal.width)}px`;
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
    if (this.scrolls) this.follow(frame.now);
  }

  // A picture wider than the page: it can be scrolled by keyboard, and keeps what is computed in view.
  fit() {
    this.scrolls = this.host.scrollWidth > this.host.clientWidth + 1;
    if (!this.scrolls) return this.host.removeAttribute("tabindex");
    this.host.tabIndex = 0;
    this.host.setAttribute("role", "group");
    this.host.setAttribute("aria-label", "Picture, can be scrolled sideways");
    this.follow(this.story.frames[Math.max(this.shown, 0)].now);
  }

  follow(ids = []) {
    const boxes = ids.map((id) => this.parts.get(id).node.getBoundingClientRect());
    if (boxes.length === 0) return;
    const first = boxes.reduce((one, other) => (other.left < one.left ? other : one));
    const view = this.host.getBoundingClientRect();
    this.host.scrollLeft += (first.left + first.right - view.left - view.right) / 2;
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

function controls() {
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
    slider: element("input", { type: "range", min: 0, step: 1, "aria-label": "Step" }),
    count: element("output", { class: "bp-count" }),
  };
}

// Products stay in one piece; a long sum is broken between its terms.
const formula = (frame) => frame.html.replaceAll(" · ", "\u00a0·\u00a0").replace(TOKEN, MARKUP);

// Where a story tells of the same thing as `frame` of another: the first frame with its topic.
function sameTopic(story, frame) {
  const found = frame.topic ? story.frames.findIndex((other) => other.topic === frame.topic) : -1;
  return Math.max(found, 0);
}

// The tabs that choose between stories; one of them is in the order of the Tab key, arrows go to the others.
function tabs(stories, choose) {
  const row = element("div", { class: "bp-tabs", role: "tablist" });
  const all = stories.map((story, n) => {
    const tab = element("button", { type: "button", role: "tab" }, story.name);
    tab.addEventListener("click", () => choose(n));
    row.append(tab);
    return tab;
  });
  row.addEventListener("keydown", (event) => {
    const at = all.indexOf(event.target);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    const next = (to + all.length) % all.length;
    choose(next);
    all[next].focus();
  });
  const select = (n) => {
    for (const [m, tab] of all.entries()) {
      tab.setAttribute("aria-selected", String(m === n));
      tab.tabIndex = m === n ? 0 : -1;
    }
  };
  return { row, select };
}

function render({ model, el }) {
  const stories = JSON.parse(model.get("stories"));
  const pictures = stories.map(() => null);
  const bar = controls();
  const hosts = element("div", { class: "bp-hosts" });
  const title = element("strong");
  const says = element("span", { class: "bp-says" });
  const equation = element("div", { class: "bp-equation" });
  const caption = element("div", { class: "bp-caption" }, element("p", {}, title, " ", says), equation);
  const sizer = element("div", { class: "bp-sizer", "aria-hidden": "true" });
  const spoken = element("div", { class: "bp-spoken", "aria-live": "polite" });
  const chooser = tabs(stories, (n) => choose(n));
  const root = element(
    "div",
    { class: "bp-stepper", role: "group", "aria-label": model.get("label"), tabindex: 0 },
    ...(stories.length > 1 ? [chooser.row] : []),
    element("div", { class: "bp-bar" }, bar.first, bar.previous, bar.play, bar.next, bar.last, bar.slider, bar.count),
    caption,
    sizer,
    hosts,
    spoken,
  );
  if (stories.length > 1) hosts.setAttribute("role", "tabpanel");
  el.append(root);
  let timer = null;

  const at = (value, length) => Math.min(Math.max(value, 0), length - 1);
  const shown = () => at(model.get("shown"), stories.length);
  const last = () => stories[shown()].frames.length - 1;
  const position = () => at(model.get("index"), last() + 1);

  // Pictures are made when they are first looked at.
  function picture(n) {
    pictures[n] ??= new Picture(stories[n], model.get("pictures")[stories[n].picture]);
    return pictures[n];
  }

  function drawStory() {
    const n = shown();
    if (hosts.firstChild !== picture(n).host) hosts.replaceChildren(picture(n).host);
    if (stories.length > 1) hosts.setAttribute("aria-label", stories[n].name);
    chooser.select(n);
    bar.slider.max = last();
    reserve();
  }

  function draw() {
    drawStory();
    const [story, index] = [stories[shown()], position()];
    const frame = story.frames[index];
    picture(shown()).show(index);
    title.textContent = `${frame.title}.`;
    says.textContent = story.sentences[frame.says];
    equation.innerHTML = formula(frame);
    bar.slider.value = index;
    bar.slider.setAttribute("aria-valuetext", `step ${index + 1} of ${last() + 1}: ${frame.title}`);
    bar.count.textContent = `${index + 1} / ${last() + 1}`;
    for (const node of [bar.first, bar.previous]) node.disabled = index === 0;
    for (const node of [bar.next, bar.last]) node.disabled = index === last();
    spoken.textContent = timer ? "" : `${frame.title}: ${frame.alt}`;
  }

  // Room for the longest captions of the story, so that the picture does not jump from step to step.
  let reserved = "";
  function reserve() {
    const width = caption.clientWidth;
    const what = `${shown()} ${width}`;
    if (!width || what === reserved) return;
    reserved = what;
    const story = stories[shown()];
    const length = (frame) => frame.html.length + 2 * story.sentences[frame.says].length;
    const longest = [...story.frames].sort((a, b) => length(b) - length(a)).slice(0, SIZED_FRAMES);
    let height = 0;
    for (const frame of longest) {
      sizer.innerHTML = `<p><strong></strong> <span></span></p><div class="bp-equation">${formula(frame)}</div>`;
      sizer.querySelector("strong").textContent = `${frame.title}.`;
      sizer.querySelector("span").textContent = story.sentences[frame.says];
      height = Math.max(height, sizer.offsetHeight);
    }
    sizer.replaceChildren();
    caption.style.minHeight = `${height}px`;
    picture(shown()).fit();
  }

  function go(index, n = shown()) {
    const to = at(index, stories[n].frames.length);
    if (to === model.get("index") && n === model.get("shown")) return;
    model.set({ index: to, shown: n });
    model.save_changes();
  }

  function choose(n) {
    pause();
    if (n !== shown()) go(sameTopic(stories[n], stories[shown()].frames[position()]), n);
  }

  function pause() {
    clearInterval(timer);
    timer = null;
    setIcon(bar.play, "play", "Play");
  }

  function play() {
    if (position() === last()) go(0);
    setIcon(bar.play, "pause", "Pause");
    timer = setInterval(() => {
      if (position() >= last()) pause();
      else go(position() + 1);
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
    ArrowRight: () => step(position() + 1),
    ArrowLeft: () => step(position() - 1),
    Home: () => step(0),
    End: () => step(last()),
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
  bar.previous.addEventListener("click", () => step(position() - 1));
  bar.next.addEventListener("click", () => step(position() + 1));
  bar.last.addEventListener("click", () => step(last()));
  bar.play.addEventListener("click", toggle);
  bar.slider.addEventListener("input", () => step(Number(bar.slider.value)));
  model.on("change:index change:shown", draw);
  const resized = new ResizeObserver(reserve);
  resized.observe(root);
  draw();
  return () => {
    pause();
    resized.disconnect();
    model.off("change:index change:shown", draw);
  };
}

export default { render };
