// Buttons that copy code, and a way to scroll it with the keyboard.
for (const pre of document.querySelectorAll("div.highlight > pre")) {
  // Firefox and Chromium do it themselves; Safari needs to be told, and only where there is something to scroll.
  new ResizeObserver(() => {
    if (pre.scrollWidth > pre.clientWidth && getComputedStyle(pre).overflowX !== "visible") pre.tabIndex = 0;
    else pre.removeAttribute("tabindex");
  }).observe(pre);

  if (!navigator.clipboard) continue; // not on a plain http address
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
