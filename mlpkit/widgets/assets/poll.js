// A question with choices. The page knows the answer, so that no kernel is needed to say right or wrong.

let polls = 0;

function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

function withHtml(tag, attributes, html) {
  const node = element(tag, attributes);
  node.innerHTML = html;
  return node;
}

const letter = (n) => String.fromCharCode(97 + n);

// What is said of a check: a verdict, and for each ticked choice its reason.
function feedback(choices, checked, several) {
  const isTicked = (n) => checked.includes(n);
  const wrong = choices.filter((choice, n) => isTicked(n) && !choice.right).length;
  const missing = choices.filter((choice, n) => !isTicked(n) && choice.right).length;
  const right = wrong === 0 && missing === 0;
  const parts = [];
  if (several && wrong) parts.push(wrong === 1 ? "One of your ticks is wrong." : `${wrong} of your ticks are wrong.`);
  if (several && missing) parts.push(missing === 1 ? "One is missing." : `${missing} are missing.`);
  return { right, verdict: right ? "Right." : ["Not yet.", ...parts].join(" ") };
}

function render({ model, el }) {
  const choices = model.get("choices");
  const several = model.get("several");
  const group = `bp-poll-${(polls += 1)}-${Math.random().toString(36).slice(2, 8)}`;
  const inputs = choices.map((choice, n) =>
    element("input", { type: several ? "checkbox" : "radio", name: group, value: n }),
  );
  const rows = choices.map((choice, n) =>
    element(
      "label",
      { class: "bp-choice" },
      inputs[n],
      element("span", { class: "bp-letter" }, `(${letter(n)})`),
      withHtml("span", {}, choice.html),
    ),
  );
  const check = element("button", { type: "button" }, "Check");
  const tries = element("span", { class: "bp-tries" });
  const says = element("div", { class: "bp-feedback", role: "status", "aria-live": "polite" });
  const hint = element("p", { class: "bp-hint" }, "More than one answer may be right.");
  const root = element(
    "div",
    { class: "bp-poll", role: "group", "aria-label": model.get("name") },
    element("fieldset", {}, withHtml("legend", {}, model.get("question")), ...(several ? [hint] : []), ...rows),
    element("div", { class: "bp-bar" }, check, tries),
    says,
  );
  el.append(root);

  const ticked = () => inputs.flatMap((input, n) => (input.checked ? [n] : []));

  function draw() {
    const [chosen, checked, count] = [model.get("chosen"), model.get("checked"), model.get("tries")];
    for (const [n, input] of inputs.entries()) input.checked = chosen.includes(n);
    check.disabled = chosen.length === 0;
    tries.textContent = count === 0 ? "" : count === 1 ? "1 try" : `${count} tries`;
    for (const row of rows) row.classList.remove("bp-right", "bp-wrong");
    if (checked.length === 0) {
      says.replaceChildren();
      says.className = "bp-feedback";
      return;
    }
    const { right, verdict } = feedback(choices, checked, several);
    for (const n of checked) rows[n].classList.add(choices[n].right ? "bp-right" : "bp-wrong");
    const reasons = checked.map((n) => {
      const line = element("p", {});
      if (several) line.append(element("span", { class: "bp-letter" }, `(${letter(n)}) `));
      line.append(withHtml("span", {}, choices[n].reason));
      return line;
    });
    says.replaceChildren(element("p", {}, element("strong", {}, `${right ? "✓" : "✗"} ${verdict}`)), ...reasons);
    says.className = `bp-feedback ${right ? "bp-right" : "bp-wrong"}`;
  }

  function submit() {
    const chosen = ticked();
    if (chosen.length === 0) return;
    const { right } = feedback(choices, chosen, several);
    const counted = model.get("solved") ? 0 : 1;
    model.set({ chosen, checked: chosen, tries: model.get("tries") + counted, solved: model.get("solved") || right });
    model.save_changes();
    draw();
  }

  root.addEventListener("change", () => {
    model.set("chosen", ticked());
    model.save_changes();
  });
  root.addEventListener("keydown", (event) => {
    // The notebook has its own meaning for arrows and Enter; here they are the poll's.
    event.stopPropagation();
    if (event.key !== "Enter" || event.target === check || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    submit();
  });
  check.addEventListener("click", submit);
  const changes = "change:chosen change:checked change:tries";
  model.on(changes, draw);
  draw();
  return () => model.off(changes, draw);
}

export default { render };
