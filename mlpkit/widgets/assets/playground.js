// Asks Python for training in short chunks and paints what comes back: fields as pixels, the rest as SVG.

const CHUNK_MS = 50;

// A field of palette indices on a canvas of one pixel a cell; the browser stretches it smoothly.
function paint(canvas, bytes, palette, grid) {
  const image = new ImageData(grid, grid);
  for (let n = 0; n < bytes.length; n++) {
    const colour = 3 * bytes[n];
    image.data[4 * n] = palette[colour];
    image.data[4 * n + 1] = palette[colour + 1];
    image.data[4 * n + 2] = palette[colour + 2];
    image.data[4 * n + 3] = 255;
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
}

function bytesOf(view) {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

// The plane: colours on a canvas, and over them axes and data as SVG.
function fieldPicture() {
  const canvas = element("canvas", { "aria-hidden": "true" });
  const host = element("div", { class: "bp-picture" });
  const node = element("div", { class: "bp-field-picture" }, canvas, host);
  const picture = new PartPicture(host);
  return {
    node,
    draw(scene, frame, bytes, palette) {
      if (canvas.width !== scene.grid) canvas.width = canvas.height = scene.grid;
      const [left, top, width, height] = scene.box;
      canvas.style.cssText = `left:${left}px;top:${top}px;width:${width}px;height:${height}px`;
      canvas.hidden = scene.curve;
      if (!scene.curve) paint(canvas, bytes, palette, scene.grid);
      picture.draw(scene.field, frame.field, frame.alt);
    },
  };
}

// What each hidden unit says over the plane, one small picture a unit.
function unitPictures() {
  const node = element("div", {});
  let canvases = [];
  let shown = null;

  function build(scene) {
    const figures = scene.units.map((names) =>
      names.map((name) => {
        const canvas = element("canvas", { role: "img", "aria-label": `Output of ${name} over the plane` });
        canvas.width = canvas.height = scene.grid;
        return element("figure", {}, canvas, element("figcaption", {}, name));
      }),
    );
    node.replaceChildren(...figures.map((row) => element("div", { class: "bp-units" }, ...row)));
    canvases = [...node.querySelectorAll("canvas")];
  }
  return {
    node,
    draw(scene, bytes, palette) {
      const wanted = JSON.stringify(scene.units);
      if (wanted !== shown) build(scene);
      shown = wanted;
      const size = scene.grid ** 2;
      canvases.forEach((canvas, n) => paint(canvas, bytes.subarray(n * size, (n + 1) * size), palette, scene.grid));
    },
  };
}

function buttonBar() {
  const button = (text) => element("button", { type: "button" }, text);
  const bar = { run: button("Start"), step: button("Step"), reset: button("Reset") };
  bar.run.classList.add("bp-main");
  bar.node = element("div", { class: "bp-buttons" }, bar.run, bar.step, bar.reset);
  return bar;
}

function stateLine() {
  const input = element("input", { type: "text", spellcheck: "false", autocomplete: "off" });
  const button = element("button", { type: "button" }, "Restore");
  const label = element("label", {}, element("span", {}, "state"), input);
  return { input, button, node: element("div", { class: "bp-state" }, label, button) };
}

function render({ model, el }) {
  const field = fieldPicture();
  const units = unitPictures();
  const bar = buttonBar();
  const line = stateLine();
  const voice = speaker();
  const note = kernelNote();
  const problem = kernelNote();
  const caption = element("div", { class: "bp-caption" });
  const lossHost = element("div", { class: "bp-picture bp-loss-picture" });
  const loss = new PartPicture(lossHost);
  const panel = controlPanel(model.get("controls"), (values) => channel.want({ kind: "values", values }));
  const root = element(
    "div",
    { class: "bp-playground", role: "group", "aria-label": model.get("label") },
    panel.node, bar.node, note, problem, caption,
    element("div", { class: "bp-figures" }, field.node, lossHost),
    units.node, line.node, voice.node,
  );
  keepKeys(root);
  el.append(root);
  let running = false;

  const channel = new Channel(model, (alive) => {
    note.textContent = alive ? "" : NEEDS_KERNEL;
    panel.enable(channel.everAlive); // a busy kernel must not take the focus away
    for (const node of [bar.run, bar.step, bar.reset, line.button]) node.disabled = !channel.everAlive;
    if (!alive) setRunning(false);
    panel.show(model.get("frame").values);
  });

  function setRunning(on) {
    running = on;
    bar.run.textContent = on ? "Pause" : "Start";
    if (on) more();
    else voice.say(model.get("frame").alt);
  }

  function more() {
    if (running) channel.want({ kind: "train", milliseconds: CHUNK_MS });
  }

  function draw() {
    const scene = model.get("scene");
    const frame = model.get("frame");
    const palette = bytesOf(model.get("palette"));
    const bytes = bytesOf(model.get("fields"));
    const size = scene.grid ** 2;
    if (bytes.length !== size * (1 + scene.units.flat().length)) return; // the other half is on its way
    field.draw(scene, frame, bytes.subarray(0, size), palette);
    units.draw(scene, bytes.subarray(size), palette);
    loss.draw(scene.loss, frame.loss, frame.loss_alt);
    panel.hide(frame.unused);
    caption.innerHTML = frame.caption;
    problem.textContent = frame.problem;
    if (document.activeElement !== line.input) line.input.value = frame.state;
    if (!running) voice.say(frame.alt);
  }

  function update() {
    draw();
    const frame = model.get("frame");
    if (frame.failed && running) setRunning(false);
    // While the reader is ahead of the kernel the controls stay where the reader has put them.
    if (channel.answered(frame.ticket)) panel.show(frame.values);
    if (running && !channel.waiting) requestAnimationFrame(more);
  }

  bar.run.addEventListener("click", () => setRunning(!running));
  bar.step.addEventListener("click", () => {
    setRunning(false);
    channel.want({ kind: "train", epochs: 1 });
  });
  bar.reset.addEventListener("click", () => {
    setRunning(false);
    channel.want({ kind: "reset" });
  });
  const bringBack = () => {
    setRunning(false);
    channel.want({ kind: "restore", state: line.input.value });
    line.input.blur();
  };
  line.button.addEventListener("click", bringBack);
  line.input.addEventListener("keydown", (event) => event.key === "Enter" && bringBack());
  line.input.addEventListener("focus", () => line.input.select());
  model.on("change:frame", update);
  draw();
  panel.show(model.get("frame").values);
  return () => {
    running = false;
    channel.stop();
    voice.stop();
    model.off("change:frame", update);
  };
}

export default { render };
