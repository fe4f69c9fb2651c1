// How the search ranks. Sphinx's own way wants every word of the query on the page. Then a pasted error message finds nothing, because
// it has a path, a number or a name of your program in it. Here words that are nowhere on this site are dropped, rare words count for
// more than common ones, and headings and index entries are found by the words that they share with the query.
(() => {
  const search = Search._performSearch; // for names of Python objects
  const stemmer = new Stemmer();
  const stems = new Map();
  const words = (text) => new Set(splitQuery(text.toLowerCase())
    .filter((word) => !stopwords.has(word) && !/^\d+$/.test(word))
    .map((word) => stems.get(word) ?? stems.set(word, stemmer.stemWord(word)).get(word)));

  Search._performSearch = (query, queryWords, excluded, highlight, names) => {
    const index = Search._index;
    const own = (table, word) => (Object.hasOwn(table, word) ? [table[word]].flat() : []);
    const pagesWith = (word) => new Set([...own(index.terms, word), ...own(index.titleterms, word)]);
    const pages = new Map(); // word -> the pages that have it
    for (const word of queryWords) {
      const found = pagesWith(word);
      if (!found.size && word.length > 3) // the beginning of a word
        for (const term of Object.keys(index.terms)) if (term.startsWith(word)) pagesWith(term).forEach((page) => found.add(page));
      if (found.size) pages.set(word, found);
    }
    if (!pages.size) return [];
    const weight = (word) => Math.log(1 + index.docnames.length / (pages.get(word) ?? pagesWith(word)).size);
    const sum = (some) => [...some].reduce((total, word) => total + weight(word), 0);
    const all = sum(pages.keys());

    // An exact name of a function or class comes from Sphinx's search.
    const results = names.size === 1 ? search("", new Set(), new Set(), highlight, names).filter((result) => result[6] === "object") : [];
    // Guides and explanations first, then what proves them, then lists of pages.
    const rank = (name) => (/(^|\/)(index|examples_by_name)$/.test(name) ? 0.7 : /^gallery\//.test(name) ? 1 : 1.2);
    const part = (its) => sum([...pages.keys()].filter((word) => its.has(word))) / all;
    index.docnames.forEach((name, page) => {
      const text = sum([...pages.keys()].filter((word) => pages.get(word).has(page))) / all;
      const score = (40 * text + 25 * part(words(index.titles[page]))) * rank(name);
      if (text > 0.5) results.push([name, index.titles[page], "", null, score, index.filenames[page], SearchResultKind.text]);
    });
    const heading = (text, page, id, kind) => {
      const its = words(text);
      const shared = sum([...its].filter((word) => pages.has(word)));
      const likeness = (2 * shared) / (all + sum([...its].filter((word) => pagesWith(word).size)) || 1);
      if (likeness < 0.4) return;
      const [name, title] = [index.docnames[page], index.titles[page]];
      const label = !id || text === title ? title : `${title} > ${text}`;
      results.push([name, label, id ? `#${id}` : "", null, 100 * likeness * rank(name), index.filenames[page], kind]);
    };
    for (const [text, places] of Object.entries(index.alltitles))
      for (const [page, id] of places) heading(text, page, id, SearchResultKind.title);
    for (const [text, places] of Object.entries(index.indexentries))
      for (const [page, id] of places) heading(text, page, id, SearchResultKind.index);

    // The best result for each place, and for each page its two best. Sphinx shows the last one first.
    const seen = new Map();
    return results
      .sort((a, b) => b[4] - a[4])
      .filter(([name, , id]) => {
        const places = seen.get(name) ?? seen.set(name, new Set()).get(name);
        if (places.has(id) || places.size === 2 || (places.size && !id)) return false;
        return places.add(id);
      })
      .reverse();
  };
})();
