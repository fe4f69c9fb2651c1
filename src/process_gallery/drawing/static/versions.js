// Tabs by version: the Python of the tab that a reader has chosen is chosen in every set of tabs, on this page and on the next.
// Without a script the tabs work, each for itself.
//
// A page may have a control of its own for the whole page. It names a Python, as in data-pythons, in the attribute data-python of
// the root element, and dispatches "pythonchange" on the document. The tabs follow it, and one chosen by hand is just looked at.
(() => {
  const KEY = "process_gallery.python";
  const sets = document.querySelectorAll(".pg-versions");
  if (!sets.length) return;
  const root = document.documentElement.dataset;
  const of = (input, python) => input.dataset.pythons.split(" ").includes(python);
  const choose = (python, except) => {
    for (const set of sets) {
      if (set === except) continue;
      for (const input of set.querySelectorAll("input")) {
        if (of(input, python)) input.checked = true;
      }
    }
  };
  const memory = () => {
    try {
      return window.localStorage;
    } catch {
      return null;
    }
  };
  const target = () => document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const follow = () => {
    const python = root.python || memory()?.getItem(KEY);
    if (python) choose(python, target()?.closest(".pg-versions"));
  };
  follow();
  document.addEventListener("pythonchange", follow);
  for (const set of sets) {
    set.addEventListener("change", (event) => {
      if (root.python) return;
      const kept = memory()?.getItem(KEY);
      const python = kept && of(event.target, kept) ? kept : event.target.dataset.pythons.split(" ").at(-1);
      const place = set.getBoundingClientRect().top;
      choose(python, set);
      window.scrollBy(0, set.getBoundingClientRect().top - place);
      memory()?.setItem(KEY, python);
    });
  }
  // An address within a panel (option `addresses`) opens its tab, and marks the cell that leads there.
  const open = () => {
    const panel = target()?.closest(".pg-panel");
    if (!panel) return;
    const input = panel.previousElementSibling.previousElementSibling;
    input.checked = true;
    input.focus({ preventScroll: true });
    panel.parentElement.scrollIntoView();
    for (const link of document.querySelectorAll(".pg-heat a")) {
      if (link.hash === location.hash) link.ariaCurrent = "true";
      else link.removeAttribute("aria-current");
    }
  };
  window.addEventListener("hashchange", open);
  open();
})();
