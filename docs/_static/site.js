// Buttons that copy code, and a way to scroll it with the keyboard.

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
