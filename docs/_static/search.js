// Finds sections for words, and entries for errors and stacks that were pasted: for the search and for the boxes of two pages. It works on
// what search_index.py wrote, asks nobody, and touches no page.
(() => {
  const site = (globalThis.siteSearch ??= {});

  // -- Words

  const prepare = () => {
    if (stop) return;
    stop = new Set(site.messages.stop.split(" "));
    endings = site.messages.endings;
  };
  const WORD = /[a-z_][a-z0-9_]*|\d+(?:\.\d+)*/g;
  let stop, endings, same;

  /** A word without its ending, as the index has it. */
  function stem(word) {
    if (word.length < 4 || !/^[a-z]+$/.test(word)) return word;
    for (const [ending, instead] of endings) {
      if (word.endsWith(ending) && word.length - ending.length > 2) {
        word = word.slice(0, -ending.length) + instead;
        break;
      }
    }
    if (word.endsWith("e") && word.length > 3) word = word.slice(0, -1);
    return word.length > 3 && word.at(-1) === word.at(-2) ? word.slice(0, -1) : word;
  }

  /** The words of a text; of a name with underscores its parts, too. */
  function words(text) {
    const found = [];
    for (const [word] of text.toLowerCase().matchAll(WORD)) {
      const parts = word.replace(/^_+|_+$/g, "").includes("_") ? [word, ...word.split("_")] : [word];
      for (const part of parts) if (part.length > 1 && !stop.has(part)) found.push(stem(part));
    }
    return found;
  }

  // -- Sections

  const MOST = 30;
  const WEAK = 0.6;
  const PART = 0.85; // of a heading within an example, against one of its own
  const LEAST = 0.6; // of cover and likeness together, where words of a question are nowhere here
  const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ!#$%&()*+,-./:;<=>?@[]^{|}";
  const slug = (text) => text.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "");
  let sections, places, names, weak;

  let hasText = false;
  function note(word, number, weight) {
    if (!places.has(word)) places.set(word, new Map());
    const its = places.get(word);
    its.set(number, Math.max(its.get(number) ?? 0, weight));
  }

  function read() {
    if (sections) return readText();
    const { index } = site;
    prepare();
    same = new Map();
    for (const group of index.same) {
      const stems = group.map((word) => words(word).join(" "));
      for (const word of stems) same.set(word, [...(same.get(word) ?? []), ...stems.filter((other) => other !== word)]);
    }
    weak = new Set(words(index.weak));
    names = new Map();
    places = new Map(); // word -> Map of section -> weight
    let [page, about] = [null, ""];
    sections = index.sections.map(([where, anchor, heading, text = "", entries = [], parts = []], number) => {
      if (!anchor) [page, about] = [heading, text];
      const hash = anchor ? `#${anchor === 1 ? slug(heading) : anchor === 2 ? "term-" + slug(heading) : anchor}` : "";
      let its = (part) => part.split(/,? /); // as search_index.py has shortened them
      if (!heading) {
        its = words;
        [, heading, entries] = site.messages.entries.find(([place]) => place === `${index.pages[where]}.html${hash}`);
      }
      const section = { name: index.pages[where], hash, title: page, heading, text: text || about, phrases: [] };
      const phrase = (words, weight, hash, label) => {
        section.phrases.push({ words: new Set(words), weight, hash, label });
        for (const word of words) note(word, number, weight);
      };
      for (const word of words(text)) note(word, number, 1);
      if (hash) for (const word of words(page)) note(word, number, 0.7);
      phrase(words(heading), 2, hash);
      for (const entry of entries) for (const part of new Set([entry, ...entry.split(", ")])) phrase(its(part), 2.2, hash);
      for (const part of parts) {
        const [label, id] = typeof part === "string" ? [part, part.includes(".") ? part : slug(part)] : part;
        if (label.includes(".")) names.set(label.toLowerCase(), { section, hash: `#${id}`, label });
        else phrase(words(label), 1.6, `#${id}`, label);
      }
      return section;
    });
    readText();
  }

  /** Take in the words of the running text, where they were fetched. */
  function readText() {
    if (!site.text || hasText) return;
    hasText = true;
    for (const [, word, digits] of site.text.matchAll(/([a-z0-9_]+)([^a-z0-9_]+)/g)) {
      let last = -1;
      for (const digit of digits) {
        last += digit === "~" ? DIGITS.length : DIGITS.indexOf(digit) + 1;
        if (digit !== "~") note(word, last, 0.8);
      }
    }
  }

  /** What a word counts that so many sections have; words that say little in a question count less. */
  const rarity = (count, word) => Math.min(5, Math.log(1 + sections.length / (count + 0.5))) * (weak.has(word) ? WEAK : 1);

  /** How a word of the query is found: the words of the site that it may stand for, each with a weight. */
  function readings(word, last) {
    const found = new Map();
    if (places.has(word)) found.set(word, 1);
    for (const other of same.get(word) ?? []) {
      const parts = other.split(" ").filter((part) => places.has(part));
      for (const part of parts) found.set(part, Math.max(found.get(part) ?? 0, 0.75 / parts.length));
    }
    if (!found.size && word.length > 2 && last) // it is being typed
      for (const other of places.keys()) if (other.startsWith(word)) found.set(other, 0.7);
    if (!found.size && word.length > 4) // a slip
      for (const other of places.keys()) if (isNear(word, other)) found.set(other, 0.6);
    return found;
  }

  /** Whether two words differ by one letter, or by two that are exchanged. */
  function isNear(one, two) {
    if (Math.abs(one.length - two.length) > 1 || one[0] !== two[0] || two.length < 5) return false;
    let start = 0;
    while (one[start] === two[start] && start < one.length) start += 1;
    let end = 0;
    while (end < Math.min(one.length, two.length) - start && one.at(-1 - end) === two.at(-1 - end)) end += 1;
    const [left, right] = [one.slice(start, one.length - end), two.slice(start, two.length - end)];
    return (left.length < 2 && right.length < 2) || (left.length === 2 && right.length === 2 && left[0] === right[1] && left[1] === right[0]);
  }

  // What proves stands behind what explains; lists of pages last, and what is about this site itself.
  const rank = (name) => (/(^|\/)(index|examples_by_name)$|site_is_made$|process_gallery$/.test(name) ? 0.7 : /glossary$/.test(name) ? 0.85 : /^gallery\//.test(name) ? 1 : 1.1);

  /**
   * The sections that fit a question, best first: `results` with `name`, `hash`, `title`, `label`, `text` and `score`; `missing`, the words that
   * are nowhere; `found`, the words that were searched for; `cover`, what part of the question the best one has.
   */
  function findSections(text) {
    read();
    const typed = new Map(); // word -> as it was typed
    for (const word of text.split(/[^\w.'’]+/)) for (const one of words(word)) if (!typed.has(one)) typed.set(one, word.replace(/^\W+|\W+$/g, ""));
    const query = [...typed.keys()];
    const open = /[a-z0-9]$/i.test(text);
    const terms = query.map((word, place) => {
      const read = readings(word, open && place === query.length - 1);
      const all = new Map();
      for (const [other, weight] of read)
        for (const [number, its] of places.get(other)) all.set(number, Math.max(all.get(number) ?? 0, its * weight));
      return { word, read, all, rarity: rarity(all.size || 0.5, word) };
    });
    const found = terms.filter(({ all }) => all.size);
    const missing = terms.filter(({ all }) => !all.size).map(({ word }) => typed.get(word));
    const whole = terms.reduce((sum, term) => sum + term.rarity, 0) || 1;
    const wordsOf = new Map(); // word of the site -> the terms that it stands for
    for (const term of found) for (const [other, weight] of term.read) wordsOf.set(other, [...(wordsOf.get(other) ?? []), [term, weight]]);

    const results = [];
    const name = names.get(text.trim().toLowerCase().replace(/\(\)$/, ""));
    if (name) results.push({ ...name.section, hash: name.hash, label: name.label, score: 10, cover: 1 });
    sections.forEach((section, number) => {
      let [score, cover] = [0, 0];
      for (const { all, rarity } of found) {
        const weight = all.get(number);
        if (!weight) continue;
        score += (rarity * weight) / (weight + 0.4);
        cover += rarity * Math.min(1, weight);
      }
      if (!score) return;
      cover /= whole;
      let [best, likeness] = [null, 0];
      for (const phrase of section.phrases) {
        let [shared, its] = [0, 0];
        const met = new Map();
        for (const word of phrase.words) {
          const meets = wordsOf.get(word);
          its += meets ? meets[0][0].rarity : rarity(places.get(word)?.size ?? 0.5, word);
          for (const [term, weight] of meets ?? []) met.set(term, Math.max(met.get(term) ?? 0, weight));
        }
        for (const [term, weight] of met) shared += term.rarity * weight;
        const like = ((2 * shared) / (whole + its)) * (phrase.label ? PART : 1);
        if (like > likeness) [best, likeness] = [phrase, like];
      }
      score = (score / whole + 1.2 * likeness ** 1.5) * rank(section.name);
      const inside = best?.label && likeness > 0.5;
      results.push({ ...section, hash: inside ? best.hash : section.hash, label: inside ? best.label : section.heading, score, cover, likeness });
    });
    results.sort((one, two) => two.score - one.score);
    const seen = new Map();
    const kept = results.filter(({ name, score }) => {
      const count = seen.get(name) ?? 0;
      seen.set(name, count + 1);
      return count < 2 && score > 0.25 * results[0].score;
    });
    return { results: kept, missing, found: [...new Set(found.map(({ word }) => typed.get(word)))] };
  }

  // -- Messages

  const NAME = String.raw`(?:[A-Za-z_]\w*\.)*_?[A-Z]\w*(?:Error|Warning|Exception|Interrupt|ProcessPool|Traceback)|(?:[A-Za-z_]\w*\.)+(?:[Ee]rror|[Tt]imeout|Exception|Empty|Full)|(?:[A-Za-z_]\w*\.)+exceptions\.[A-Z]\w+`;
  // Where a line of a paste begins, in case its ends of lines were lost.
  const LANDMARKS = [
    /\s+(?=File ")/g,
    /\s+(?=(?:Exception in thread|Traceback \(most recent|During handling of the above|The above exception was|when serializing |Process \S+-\d+:))/g,
    new RegExp(String.raw`\s+(?=(?:${NAME})(?:: |\s*$|\s+(?:"""|Traceback \(|Process |when serializing|The above|During handling)))`, "g"),
    /\s+(?=(?:"""|''')(?:\s|$))/g,
  ];
  const STARTS = /^\s*(?:Traceback \(most|File "|Process \S+:|During handling|The above exc|Exception in thread|when serializing |"""|''')/;
  const EXCEPTION = new RegExp(String.raw`(?:^|[\s:(])(${NAME})(?::\s+(.*)|:?\s*)$`);
  // What Python itself puts into quotes; the rest is of the reader's program, or an example.
  const OWN = /^(?:__\w+__|_closed|nonetype|stdin|psm|put|get|acquire|send|recv|value|submit)$/;
  const PRIVATE = /^_\w+$|^<\w+>$/;

  /** The parts of a paste that say something: `messages` with `name` and `text`, and `frames`, the lines of tracebacks. */
  function readPaste(text) {
    text = text.replace(/\r\n?/g, "\n").replace(/\u001b\[[0-9;]*m/g, "");
    const flat = !text.trim().includes("\n");
    const isTraceback = /Traceback \(most recent call last\)|File "[^"]*", line \d+/.test(text);
    if (flat && isTraceback) for (const landmark of LANDMARKS) text = text.replace(landmark, "\n");
    const lines = text.split("\n").map((line) => line.replace(/^\s*[|+](?:[-\d ]*\|)? /, "").replace(/^E {2,}/, ""));
    const [messages, frames] = [[], []];
    let code = false; // the line below `File ...` is the program's
    lines.forEach((line, number) => {
      if (/^\s*File "/.test(line)) {
        frames.push(line.trim());
        code = true;
        return;
      }
      let found = EXCEPTION.exec(line);
      // A name at the end of a sentence is no message.
      if (found && !found[2] && !/^$|[:>]\s*$/.test(line.slice(0, line.lastIndexOf(found[1])).trim())) found = null;
      const isCode = code && /^\s/.test(line);
      code = isCode;
      if (isCode || /^[\s~^]*$/.test(line)) { // markers below code
        if (line.trim()) frames.push(line.trim());
        return;
      }
      if (found) {
        let words = (found[2] ?? "").trim();
        // A message that begins on the next line.
        for (let next = number + 1; !words && next < lines.length && next < number + 14 && !STARTS.test(lines[next]) && !EXCEPTION.test(lines[next]); next += 1)
          if (lines[next].trim()) words = lines.slice(next, next + 12).join(" ").split(/Traceback \(most/)[0].replace(/\s+/g, " ").trim();
        messages.push({ name: found[1].split(".").at(-1), text: words.slice(0, 600) });
      } else if (line.trim() && !STARTS.test(line) && (!isTraceback || !/^\s/.test(line))) messages.push({ name: "", text: line.trim().slice(0, 600), plain: true });
    });
    return { messages, frames, isTraceback, isError: isTraceback || messages.some(({ name }) => name) };
  }

  /** The words of a message: Map of word -> 0 for a name of some program, 1 for what says something, 2 for what Python has put into quotes. */
  function messageWords(text) {
    prepare();
    const found = new Map();
    const add = (part, says, isQuoted) => {
      for (const [word] of part.toLowerCase().matchAll(/\[(?:errno|winerror) -?\d+\]|(?<=code )-?\d+|[a-z_][a-z0-9_]*/g)) {
        if (word.length < 2) continue;
        const own = word.startsWith("[") ? word.replace(/[^a-z0-9]/g, "") : stem(word);
        found.set(own, Math.max(found.get(own) ?? 0, isQuoted && (says || OWN.test(word)) ? 2 : says));
      }
    };
    text = text.replace(/\b0x[0-9a-f…]+/gi, "").replace(/[/\\](psm_|<stdin>)?[^\s'"<>]*/g, (path, known) => ` ${(known ?? "").replace(/\W|_$/g, "")} `);
    text = text.replace(/(?<![A-Za-z])(['"`])(.*?)\1(?![A-Za-z])|<([^<>]|<[^<>]*>)*>/g, (quoted, mark, inner) => {
      add((inner ?? quoted).replace(/[…]/g, " "), Number(PRIVATE.test(inner) || (quoted.includes("…") && !quoted.startsWith("<"))), true);
      return " ";
    });
    add(text, 1);
    return found;
  }

  let wordings, entriesWith;
  function readMessages() {
    if (wordings) return;
    prepare();
    wordings = [];
    entriesWith = new Map();
    site.messages.entries.forEach(([place, heading, texts], entry) => {
      for (const text of texts) {
        const from = /^From (\w+)\(\): /.exec(text);
        const parts = (from ? text.slice(from[0].length) : text).split(" … ");
        const message = parts.length > 1 && EXCEPTION.test(parts.at(-1)) ? parts.pop() : parts.splice(0).join(" … ");
        const found = new RegExp(`^(${NAME})(?:: (.*))?$`).exec(message);
        const own = { entry, place, heading, text, name: found ? found[1].split(".").at(-1) : "", words: messageWords(found ? found[2] ?? "" : message) };
        own.beside = (from ? [`${from[1]}(`] : parts).map((part) => part.replace(/\(.*$/, "(")).filter(Boolean);
        wordings.push(own);
        for (const word of [own.name, ...own.words.keys()]) {
          if (!entriesWith.has(word)) entriesWith.set(word, new Set());
          entriesWith.get(word).add(entry);
        }
      }
    });
  }

  const weigh = (word) => Math.log(1 + (2 * site.messages.entries.length) / (entriesWith.get(word)?.size ?? 1));

  /** How like a message is to a wording, from 0 to 1, and how much both say. */
  function compare(message, wording, frames) {
    let [shared, ours, its] = [0, 0, 0];
    for (const [word, says] of message.words) {
      const met = wording.words.has(word);
      const weight = weigh(word) * (entriesWith.has(word) ? 1 : 0.6) * (says || (met && wording.words.get(word)) ? 1 : met ? 0.3 : entriesWith.has(word) ? 0.15 : 0);
      ours += weight;
      if (met) shared += weight;
    }
    let lacks = false;
    for (const [word, says] of wording.words) {
      its += weigh(word) * (says ? 1 : message.words.has(word) ? 0.3 : 0.1);
      lacks ||= says === 2 && !message.words.has(word);
    }
    const isNamed = message.name && wording.name;
    const sameName = isNamed && message.name.replace(/^_/, "") === wording.name.replace(/^_/, "");
    if (!wording.words.size) return { likeness: sameName && !message.words.size ? 0.9 : 0, says: sameName ? weigh(wording.name) / 2 : 0 };
    let likeness = (2 * shared) / (ours + its || 1);
    // A message with more to it than the wording: cut off, or with the reader's own words.
    likeness = Math.max(likeness, Math.min(1, shared / its) * (0.55 + 0.35 * Math.min(1, shared / (0.6 * ours || 1))));
    if (isNamed && !sameName) likeness *= 0.75;
    if (message.name && !wording.name) likeness *= 0.95; // the entry that has the name, too, is likelier
    if (lacks) likeness *= 0.5;
    if (wording.beside.length) likeness *= wording.beside.every((part) => frames.some((line) => line.includes(part)) || message.text.includes(part)) ? 1.3 : 0.6;
    return { likeness: Math.min(likeness, 1.3), says: shared + (sameName ? weigh(wording.name) / 2 : 0) };
  }

  const STACKS = /\(most recent call first\)|^Thread (?:0x)?[0-9a-f]+ \(\w+\)/m;
  const HANGS = "guides/debug_a_hang"; // has a box for them
  const KNOWN = 0.66; // below this likeness a message is not known here

  /** The entries that fit a paste, best first: `results`; `searched`, the messages that were taken out of it; `isKnown`. */
  function findMessages(text) {
    readMessages();
    const paste = readPaste(text);
    const best = new Map(); // place -> result
    paste.messages.forEach((message, order) => {
      message.words = messageWords(message.text);
      const frames = [...paste.frames, text];
      for (const wording of wordings) {
        if (message.plain && !wording.words.size) continue;
        const { likeness, says } = compare(message, wording, frames);
        if (likeness < 0.4) continue;
        const score = likeness * (0.5 + 0.5 * Math.min(1, says / 14)); // what says more counts more
        if (score > (best.get(wording.place)?.score ?? 0)) {
          const said = [message.name, message.text].filter(Boolean).join(": ");
          best.set(wording.place, { place: wording.place, label: wording.heading, likeness, score, said, wording: wording.text, order, says });
        }
      }
    });
    // Of several errors the first is the cause, unless it says next to nothing.
    const results = [...best.values()];
    const first = Math.min(...results.filter(({ likeness, says }) => likeness >= KNOWN && says > 6).map(({ order }) => order));
    for (const result of results) if (result.order > first) result.score *= 0.75;
    results.sort((one, two) => two.score - one.score);
    // For one message, only what is as like to it as the best.
    const likest = new Map();
    for (const { order, likeness } of results) likest.set(order, Math.max(likest.get(order) ?? KNOWN, likeness));
    const known = results.filter(({ order, likeness }) => likeness >= Math.max(KNOWN, likest.get(order) - 0.1));
    const searched = paste.messages.filter(({ name }) => name).map(({ name, text }) => (text ? `${name}: ${text}` : name));
    return { results: known, near: results.filter((result) => !known.includes(result)), searched: [...new Set(searched)], paste, isKnown: known.length > 0 };
  }

  /** What the search answers: results, best first; `unknown`, that there is nothing on it here; `searched`, for what it has looked. */
  function find(text) {
    read();
    const { results: entries, near, searched, paste } = findMessages(text);
    const asResult = ({ place, ...entry }) => {
      const [name, hash] = place.split(".html");
      const section = sections.find((one) => one.name === name && one.hash === hash);
      return { ...section, ...entry, name, hash, label: entry.label };
    };
    if (!paste.messages.some(({ name }) => name) && STACKS.test(text)) {
      const place = sections.find(({ name, hash }) => name === HANGS && !hash);
      return { results: place ? [{ ...place, label: place.heading }] : [], searched: ["stacks of processes"], missing: [], unknown: !place };
    }
    const isMessage = paste.isError || (entries[0]?.likeness > 0.85 && entries[0].score > 0.6);
    if (!isMessage) {
      const { results, missing, found } = findSections(text);
      const [best] = results;
      const unknown = !best || (missing.length > 0 && best.cover + best.likeness < LEAST);
      return { results: unknown ? [] : results.slice(0, MOST), near: unknown ? results.slice(0, 3) : [], missing, searched: found, unknown };
    }
    const first = entries.map(asResult);
    const more = findSections(entries[0]?.said ?? searched.at(-1) ?? text).results;
    const has = new Set(first.map(({ name, hash }) => name + hash));
    return {
      results: first.length ? [...first, ...more.filter(({ name, hash, likeness, cover }) => !has.has(name + hash) && (likeness > 0.3 || cover > 0.5))].slice(0, MOST) : [],
      near: [...near.map(asResult), ...more].slice(0, 3), searched: searched.length ? searched : [text.trim()], isMessage, unknown: !first.length, missing: [],
    };
  }

  Object.assign(site, { words, findSections, findMessages, find });
})();
