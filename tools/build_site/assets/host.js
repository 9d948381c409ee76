// Gives the course's widgets a model over the state that the notebook has saved, in place of a kernel.

window.courseWidgets = {}; // by name; widgets.js fills it

class SavedModel {
  constructor(state) {
    this.state = state;
    this.listeners = new Map(); // event -> functions
  }

  get(name) {
    return this.state[name];
  }

  // As in a notebook: everything is set first, then each change is told, and only what has changed.
  set(nameOrValues, value) {
    const values = typeof nameOrValues === "string" ? { [nameOrValues]: value } : nameOrValues;
    const changed = Object.keys(values).filter(
      (name) => JSON.stringify(values[name]) !== JSON.stringify(this.state[name]),
    );
    Object.assign(this.state, values);
    for (const name of changed) this.tell(`change:${name}`);
    if (changed.length) this.tell("change");
  }

  tell(event) {
    for (const listener of [...(this.listeners.get(event) ?? [])]) listener();
  }

  on(events, listener) {
    for (const event of events.split(" ")) {
      if (!this.listeners.has(event)) this.listeners.set(event, new Set());
      this.listeners.get(event).add(listener);
    }
  }

  off(events, listener) {
    for (const event of events.split(" ")) this.listeners.get(event)?.delete(listener);
  }

  save_changes() {} // there is nobody to tell, and nothing is recorded

  send() {
    throw new Error("There is no kernel on this page.");
  }
}

// When the page and its scripts are there: every live view takes the place of its still picture.
addEventListener("DOMContentLoaded", () => {
  const saved = JSON.parse(document.getElementById("widget-state").textContent);
  const models = new Map();
  for (const place of document.querySelectorAll(".widget[data-model]")) {
    const { widget, state } = saved[place.dataset.model];
    if (!models.has(place.dataset.model)) models.set(place.dataset.model, new SavedModel(state));
    const still = place.querySelector(".still");
    const el = document.createElement("div");
    place.append(el);
    try {
      if (still) still.hidden = true;
      window.courseWidgets[widget].render({ model: models.get(place.dataset.model), el });
      still?.remove();
    } catch (error) {
      el.remove();
      if (still) still.hidden = false;
      console.error(`${widget} could not be shown:`, error);
    }
  }
});
