// Shows an exploration: its controls, its picture in parts and its caption. Python computes, this draws.

function valueAt(click, low, high, share) {
  const value = low + Math.min(Math.max(share, 0), 1) * (high - low);
  const digits = Math.max(0, 2 - Math.floor(Math.log10(high - low)));
  return Number(value.toFixed(digits));
}

// The values of two controls from a place on the picture, or null if it is outside of the plane.
function valuesAt(svg, click, event) {
  const place = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
  const x = (place.x - click.left) / click.width;
  const y = 1 - (place.y - click.top) / click.height;
  if (x < 0 || x > 1 || y < 0 || y > 1) return null;
  return {
    [click.x_name]: valueAt(click, click.x_low, click.x_high, x),
    [click.y_name]: valueAt(click, click.y_low, click.y_high, y),
  };
}

function render({ model, el }) {
  const host = element("div", { class: "bp-picture" });
  const caption = element("div", { class: "bp-caption" });
  const note = kernelNote();
  const voice = speaker();
  const panel = controlPanel(model.get("controls"), (values) => channel.want({ kind: "values", values }));
  const root = element(
    "div",
    { class: "bp-explorer", role: "group", "aria-label": model.get("label") },
    panel.node, note, caption, host, voice.node,
  );
  keepKeys(root);
  el.append(root);
  const picture = new PartPicture(host);
  const channel = new Channel(model, (alive) => {
    note.textContent = alive ? "" : NEEDS_KERNEL;
    panel.enable(channel.everAlive); // a busy kernel must not take the focus away
    panel.show(model.get("view").values);
  });

  function draw() {
    const view = model.get("view");
    picture.draw(model.get("base"), view.parts, view.alt);
    if (caption.source !== view.caption) caption.innerHTML = caption.source = view.caption;
    host.classList.toggle("bp-clickable", Boolean(view.click));
    voice.say(view.alt);
  }

  function update() {
    draw();
    const view = model.get("view");
    // While the reader is ahead of the kernel the controls stay where the reader has put them.
    if (channel.answered(view.ticket)) panel.show(view.values);
  }

  function point(event) {
    const { click } = model.get("view");
    if (!click || !channel.alive || event.buttons !== 1) return;
    const values = valuesAt(picture.svg, click, event);
    if (values) channel.want({ kind: "values", values });
  }

  host.addEventListener("pointerdown", point);
  host.addEventListener("pointermove", point);
  model.on("change:base", draw);
  model.on("change:view", update);
  draw();
  panel.show(model.get("view").values);
  return () => {
    channel.stop();
    voice.stop();
    model.off("change:base", draw);
    model.off("change:view", update);
  };
}

export default { render };
