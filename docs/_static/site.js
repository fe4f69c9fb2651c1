// What every page can do: mark the words of a search, go to the search with "/", copy code, scroll it with the keyboard.

// Sphinx's own scripts do the first two, and are a tenth of a page. Here they are fetched where there are words to be marked.
if (typeof Documentation === "undefined") { // they are not on the page
  if (new URLSearchParams(location.search).has("highlight") || localStorage.getItem("sphinx_highlight_terms")) {
    for (const name of ["documentation_options.js", "doctools.js", "sphinx_highlight.js"]) {
      const script = document.createElement("script");
      script.async = false; // one after the other
      script.src = new URL(name, document.currentScript.src);
      document.head.append(script);
    }
  } else {
    document.addEventListener("keydown", (event) => {
      if (event.key !== "/" || event.altKey || event.ctrlKey || event.metaKey || event.target.closest("input, select, textarea, button")) return;
      document.querySelector("input[name=q]")?.focus();
      event.preventDefault();
    });
  }
}

// Firefox and Chromium make what scrolls reachable by themselves; Safari needs to be told, and only where there is something to scroll.
const watcher = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    if (target.scrollWidth > target.clientWidth) target.tabIndex = 0;
    else target.removeAttribute("tabindex");
  }
});

function prepare(pre) {
  if (!pre.closest(".pg-out")) watcher.observe(pre); // an output's frame scrolls, not its text

  if (!navigator.clipboard) return; // not on a plain http address
  const button = document.createElement("button");
  button.className = "copy";
  button.type = "button";
  button.textContent = "Copy";
  button.addEventListener("click", async () => {
    // Of a console, what is typed: without prompts, and without what was printed.
    const prompt = /^(\$|>>>|\.\.\.) ?/;
    const lines = pre.textContent.replace(/\n$/, "").split("\n");
    const typed = prompt.test(lines[0]) ? lines.filter((line) => prompt.test(line)).map((line) => line.replace(prompt, "")) : lines;
    await navigator.clipboard.writeText(typed.join("\n"));
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  });
  pre.parentElement.append(button);
}

// One at a time, when there is nothing better to do: the page is to be seen first.
const idle = window.requestIdleCallback ?? setTimeout;
for (const pre of document.querySelectorAll("div.highlight > pre")) idle(() => prepare(pre));
