// Tabs by version: the version that a reader has chosen is chosen in every set of tabs, on this page and on the next.
// Without a script the tabs work, each for itself.
(() => {
  const KEY = "process_gallery.version";
  const sets = document.querySelectorAll(".pg-versions");
  if (!sets.length) return;
  const has = (input, version) => input.dataset.versions.split(" ").includes(version);
  const choose = (version, except) => {
    for (const set of sets) {
      if (set === except) continue;
      for (const input of set.querySelectorAll("input")) {
        if (has(input, version)) input.checked = true;
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
  const before = memory()?.getItem(KEY);
  if (before) choose(before);
  for (const set of sets) {
    set.addEventListener("change", (event) => {
      const kept = memory()?.getItem(KEY);
      const versions = event.target.dataset.versions.split(" ");
      const version = kept && has(event.target, kept) ? kept : versions[versions.length - 1];
      const place = set.getBoundingClientRect().top;
      choose(version, set);
      window.scrollBy(0, set.getBoundingClientRect().top - place);
      memory()?.setItem(KEY, version);
    });
  }
})();
