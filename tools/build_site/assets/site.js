// The contents on a narrow screen, the theme, and boxes that scroll sideways.

(() => {
  const page = document.documentElement;

  const top = document.querySelector(".top");
  const measure = () => page.style.setProperty("--top", `${top.offsetHeight}px`);
  measure();
  addEventListener("resize", measure);

  // -- contents --------------------------------------------------------------------------------------------

  const menu = document.getElementById("menu");
  const contents = document.getElementById("contents");
  function open(on) {
    contents.classList.toggle("open", on);
    menu.setAttribute("aria-expanded", String(on));
    if (on) showCurrent();
  }
  function showCurrent() {
    const current = contents.querySelector("[aria-current]");
    if (current) contents.scrollTop += current.getBoundingClientRect().top - contents.getBoundingClientRect().top - 60;
  }
  menu.hidden = false;
  page.classList.add("scripted"); // without scripts the contents are never folded away
  menu.addEventListener("click", () => open(menu.getAttribute("aria-expanded") !== "true"));
  contents.addEventListener("click", (event) => event.target.closest("a") && open(false));
  contents.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || menu.getAttribute("aria-expanded") !== "true") return;
    open(false);
    menu.focus();
  });
  showCurrent();

  // -- theme -----------------------------------------------------------------------------------------------

  const theme = document.getElementById("theme");
  function show() {
    theme.textContent = page.dataset.theme === "dark" ? "Light" : "Dark";
    theme.setAttribute("aria-label", `${theme.textContent} theme`);
  }
  theme.hidden = false;
  theme.addEventListener("click", () => {
    page.dataset.theme = page.dataset.theme === "dark" ? "light" : "dark";
    try {
      localStorage.setItem("theme", page.dataset.theme);
    } catch {
      // it lasts as long as the page
    }
    show();
  });
  show();

  // -- boxes that scroll -----------------------------------------------------------------------------------

  // What can be scrolled can be scrolled by keyboard, and nothing else is in the way of the Tab key.
  const boxes = document.querySelectorAll("pre, .scroll, .formula, .outputs > .html, .still");
  function fit() {
    for (const box of boxes) {
      if (box.scrollWidth > box.clientWidth + 1) {
        box.tabIndex = 0;
        box.setAttribute("role", "group");
        box.setAttribute("aria-label", "Can be scrolled sideways");
      } else if (box.getAttribute("role") === "group") {
        for (const name of ["tabindex", "role", "aria-label"]) box.removeAttribute(name);
      }
    }
  }
  fit();
  addEventListener("resize", fit);
  addEventListener("load", fit);
  document.addEventListener("toggle", fit, true); // a box in something folded has no width before
})();
