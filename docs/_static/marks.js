// Marks, on the page that a search led to, the words that were searched for. Escape takes the marks away.
(() => {
  const { words } = document.currentScript.dataset;
  const target = location.hash ? document.getElementById(decodeURIComponent(location.hash.slice(1))) : null;
  const root = target?.closest("section") ?? document.querySelector("article");
  const any = JSON.parse(words).map((word) => word.replace(/[^\w.]/g, "").replace(/\./g, "\\.")).filter((word) => word.length > 2);
  if (!root || !any.length) return;
  const pattern = new RegExp(`\\b(?:${any.join("|")})(?:e?s|e?d|ing)?\\b`, "gi");
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT, (node) =>
    (node.parentElement.closest("script, style, textarea, svg, button") ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT));
  const texts = [];
  while (walker.nextNode()) texts.push(walker.currentNode);
  for (const text of texts) {
    for (const { index, 0: { length } } of [...text.data.matchAll(pattern)].reverse()) {
      const found = text.splitText(index);
      found.splitText(length);
      const mark = document.createElement("mark");
      mark.className = "highlighted";
      found.replaceWith(mark);
      mark.append(found);
    }
  }
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") for (const mark of root.querySelectorAll("mark.highlighted")) mark.replaceWith(...mark.childNodes);
  });
})();
