// Finds the rows of the table of hangs that fit stacks which were pasted. The rules are those of the page's directive `ask`.
(() => {
  const site = (globalThis.siteSearch ??= {});

  const FRAMES = [
    /^\s+File "(?<file>[^"]*)", line \d+,? in (?<name>\S+)/, // faulthandler and tracebacks
    /^\s+(?<name>.+?) \((?<file>[^()]*?)(?::\d+)?\)\s*$/, // py-spy
  ];
  const LIBRARY = /\/python3?[\d.]*\/(?!site-packages)|^(?:multiprocessing|concurrent|threading|queue|selectors|socket|ssl|subprocess|signal|asyncio|_strptime|importlib|<frozen|<string>|runpy|logging|tempfile|weakref|random)\b/;

  /** The processes of a dump, each with its threads, each with its frames, innermost first. */
  function readStacks(text) {
    const processes = [];
    let [process, thread, isReversed] = [null, null, false];
    const begin = (last) => {
      process ??= processes[processes.push({ threads: [] }) - 1];
      thread = process.threads[process.threads.push([]) - 1];
      isReversed = last;
    };
    for (const line of text.replace(/\r\n?/g, "\n").split("\n")) {
      if (/^\s*Process \d+: /.test(line)) [process, thread] = [null, null];
      else if (/^(?:Current )?[Tt]hread (?:0x)?[0-9a-f]+ /.test(line)) {
        // faulthandler names no process: its current thread is the last of each.
        begin(false);
        if (/^Current thread/.test(line)) process.isOver = true;
      } else if (/^Traceback \(most recent call last/.test(line)) {
        process = null;
        begin(true);
      } else if (/^(?:Timeout|Fatal Python error|Stack \()/.test(line)) {
        if (process?.threads.length) [process, thread] = [null, null];
        if (/^Stack/.test(line)) begin(false);
      }
      const found = FRAMES.map((one) => one.exec(line)?.groups).find(Boolean);
      if (!found) {
        if (process?.isOver && thread?.length && line.trim()) [process, thread] = [null, null];
        continue;
      }
      if (!thread) begin(false);
      const path = found.file.replaceAll("\\", "/");
      const frame = { name: found.name.split(".").at(-1), file: path.split("/").at(-1), path, isOwn: !LIBRARY.test(path) && !/site-packages/.test(path) };
      if (isReversed) thread.unshift(frame);
      else thread.push(frame);
    }
    for (const one of processes) {
      const all = one.threads.flat();
      const has = (name, file) => all.some((frame) => frame.name === name && frame.file === file);
      one.isChild = has("_bootstrap", "process.py");
      one.isForked = one.isChild && has("_launch", "popen_fork.py");
    }
    return processes.filter(({ threads }) => threads.some((its) => its.length));
  }

  /** Whether a thread waits in frames that a rule names: all of them, from the innermost down to the first of the reader's own. */
  function waitsIn(thread, frames) {
    const own = thread.findIndex(({ isOwn }) => isOwn);
    const waits = own < 0 ? thread : thread.slice(0, own + 1);
    return frames.every((frame) => {
      if (frame === "own") return own === 0;
      if (frame === "top") return true;
      const [name, file] = frame.split("@");
      const its = frames.includes("top") ? thread.slice(0, 1) : name.startsWith("_exit") || name.startsWith("_python") ? thread : waits;
      return its.some((one) => (!name || one.name === name) && (!file || one.file === file || one.path.includes(file)));
    });
  }

  /** The rows of the table of hangs that fit stacks: `results`, their numbers `count` of processes. */
  function findHangs(text) {
    const processes = readStacks(text);
    const children = processes.filter(({ isChild }) => isChild);
    const groups = { any: processes, parent: processes.filter(({ isChild }) => !isChild), child: children, forked: children.filter(({ isForked }) => isForked) };
    const results = [];
    site.hangs.forEach((rule, row) => {
      for (const way of rule.split(" | ")) {
        const fits = way.split("; ").every((condition) => {
          const [, not, who, what] = /^(no |every )?(\w+)(?:: (.*))?$/.exec(condition);
          const frames = what?.split(" ") ?? [];
          const has = ({ threads }) => threads.some((thread) => thread.length && waitsIn(thread, frames));
          const found = groups[who].filter(has);
          if (not === "no ") return !found.length;
          if (not === "every ") return groups[who].length > 0 && found.length === groups[who].length;
          return found.length > 0;
        });
        if (fits) {
          results.push({ row, score: way.length });
          break;
        }
      }
    });
    return { results: results.sort((one, two) => two.score - one.score), count: processes.length };
  }

  Object.assign(site, { findHangs });
})();
