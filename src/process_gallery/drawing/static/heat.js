// A heat map is one stop of the Tab key: arrow keys, Home and End go from cell to cell. Without a script each cell is a stop.
(() => {
  for (const table of document.querySelectorAll("table.pg-heat")) {
    const rows = [...table.tBodies[0].rows].map((row) => [...row.cells].slice(1).map((cell) => cell.querySelector("a")));
    const links = rows.flat().filter(Boolean);
    const enter = (link) => { for (const one of links) one.tabIndex = one === link ? 0 : -1; };
    enter(links[0]);
    // The next cell that has a link, in a direction
    const from = (row, column, down, right) => {
      do {
        row += down;
        column += right;
      } while (rows[row]?.[column] === null);
      return rows[row]?.[column];
    };
    table.addEventListener("focusin", (event) => { if (links.includes(event.target)) enter(event.target); });
    table.addEventListener("keydown", (event) => {
      if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
      const row = rows.findIndex((its) => its.includes(event.target));
      if (row < 0) return;
      const column = rows[row].indexOf(event.target);
      const way = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
      const its = rows[row].filter(Boolean);
      const next = way ? from(row, column, ...way) : { Home: its[0], End: its.at(-1) }[event.key];
      if (!way && !next) return;
      event.preventDefault();
      next?.focus();
    });
    const legend = document.querySelector(".pg-heat-legend");
    legend?.append(Object.assign(document.createElement("span"), { className: "pg-doc", textContent: "By keyboard: arrow keys go from cell to cell." }));
  }
})();
