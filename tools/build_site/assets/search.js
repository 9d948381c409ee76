// Search over the words of every section. The index is a script, loaded at the first wish: that works from a
// folder as well as from a server.

(() => {
  const SHOWN = 12;
  const AROUND = 70; // signs before and after what was found
  const root = document.documentElement.dataset.root;
  const input = document.getElementById("search");
  const panel = document.getElementById("search-panel");
  const list = document.getElementById("search-results");
  const says = document.getElementById("search-says");

  const plain = (text) => text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase();
  const escaped = (word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const startOf = (word) => new RegExp(`(?<![\\p{L}\\p{N}])${escaped(word)}`, "gu");

  // -- finding ---------------------------------------------------------------------------------------------

  let index = null;
  let loading = null;

  function load() {
    loading ??= new Promise((done, failed) => {
      const script = document.createElement("script");
      script.src = `${root}assets/search-index.js`;
      script.onload = () => {
        index = window.courseIndex.map(([address, anchor, page, heading, words]) => ({
          address, anchor, page, heading, words,
          inPage: plain(page), inHeading: plain(heading), inWords: plain(words),
        }));
        done();
      };
      script.onerror = () => failed(new Error("no index"));
      document.head.append(script);
    });
    return loading;
  }

  // How well a section answers: a word in its heading tells more than one in its text; every word must be there.
  function score(section, words) {
    let total = 0;
    for (const word of words) {
      const heading = section.inHeading.match(word)?.length ?? 0;
      const page = section.inPage.match(word)?.length ?? 0;
      const text = section.inWords.match(word)?.length ?? 0;
      if (!heading && !page && !text) return 0;
      total += (heading ? 8 : 0) + (page ? 4 : 0) + Math.min(text, 4);
    }
    return total;
  }

  function find(query) {
    const words = plain(query).split(/\s+/).filter(Boolean).map(startOf);
    const found = index.map((section) => [score(section, words), section]).filter(([value]) => value > 0);
    found.sort((a, b) => b[0] - a[0]); // stable: equal ones stay in the order of the course
    return { words, found: found.map(([, section]) => section) };
  }

  // -- showing ---------------------------------------------------------------------------------------------

  // The words round the first place that was found, with that place marked.
  function excerpt(section, words) {
    const node = document.createElement("span");
    // Only where stripping accents has kept every place is a place in the plain text one in the text.
    const same = section.inWords.length === section.words.length;
    const at = same ? words.map((word) => section.inWords.search(word)).find((place) => place >= 0) : -1;
    if (at === undefined || at < 0) {
      node.textContent = section.words.slice(0, 2 * AROUND);
      return node;
    }
    const length = section.inWords.slice(at).match(/^[\p{L}\p{N}]+/u)?.[0].length ?? 1;
    const mark = document.createElement("mark");
    mark.textContent = section.words.slice(at, at + length);
    const before = section.words.slice(Math.max(0, at - AROUND), at);
    node.append(at > AROUND ? "… " : "", before, mark, section.words.slice(at + length, at + length + AROUND), " …");
    return node;
  }

  function result(section, words) {
    const link = document.createElement("a");
    link.href = `${root}${section.address}#${section.anchor}`;
    const title = document.createElement("strong");
    title.textContent = section.heading === section.page ? section.page : `${section.page} › ${section.heading}`;
    link.append(title, excerpt(section, words));
    const item = document.createElement("li");
    item.append(link);
    return item;
  }

  function close() {
    panel.hidden = true;
    list.replaceChildren();
    says.textContent = "";
  }

  async function update() {
    const query = input.value.trim();
    if (query.length < 2) return close();
    try {
      await load();
    } catch {
      panel.hidden = false;
      says.textContent = "The search's index could not be loaded.";
      return;
    }
    if (query !== input.value.trim()) return; // something else was typed meanwhile
    const { words, found } = find(query);
    list.replaceChildren(...found.slice(0, SHOWN).map((section) => result(section, words)));
    const more = found.length > SHOWN ? `; the best ${SHOWN}` : "";
    says.textContent =
      found.length === 0
        ? "Nothing found. Try fewer letters, or another word for it."
        : `${found.length} ${found.length === 1 ? "place" : "places"}${more}`;
    panel.hidden = false;
  }

  // -- keys ------------------------------------------------------------------------------------------------

  function move(by) {
    const links = [...list.querySelectorAll("a")];
    const at = links.indexOf(document.activeElement) + by;
    if (at < 0) input.focus();
    else links[Math.min(at, links.length - 1)]?.focus();
  }

  input.addEventListener("focus", load, { once: true });
  input.addEventListener("input", update);
  input.form.addEventListener("submit", (event) => {
    event.preventDefault();
    list.querySelector("a")?.click();
  });
  for (const node of [input, panel])
    node.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        move(event.key === "ArrowDown" ? 1 : -1);
      } else if (event.key === "Escape") {
        close();
        input.focus();
      }
    });
  list.addEventListener("click", (event) => event.target.closest("a") && close());
  document.addEventListener("click", (event) => event.target.closest(".top") || close());
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input, textarea, select");
    if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    input.focus();
  });
})();
