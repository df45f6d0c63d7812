"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const SEVERITIES = ["critical", "high", "medium", "low", "info"];
  const MARKS = { critical: "▲▲", high: "▲", medium: "◆", low: "▽", info: "·" };
  // So many rows stand in one block; those near the window are in the page, and blanks in place of the others.
  const BLOCK = 40, NEAR = 1000, HEIGHT = 62;
  const BY = data.prioritised ? "contribution" : "severity";
  const $ = id => document.getElementById(id);
  const make = (tag, attributes, ...children) => {
    const node = document.createElement(tag);
    for (const [key, value] of Object.entries(attributes || {})) {
      if (key === "class") node.className = value; else if (key.startsWith("on")) node.addEventListener(key.slice(2), value); else node.setAttribute(key, value);
    }
    node.append(...children.filter(child => child !== null && child !== undefined));
    return node;
  };
  // What stands between backticks is code.
  const words = text => text.split("`").map((part, at, all) => at % 2 && at < all.length - 1 ? make("code", {}, part) : at % 2 ? "`" + part : part);
  // One row for each place. Text for the search is made once.
  const rows = data.findings.map((f, number) => {
    const [control, resource, severity, state, message, container, field, line, column, frame, edit, print, exception, order, way, origin] = f;
    const c = data.controls[control], r = data.resources[resource], path = origin ? origin.path : r.path;
    return { number, control, c, resource, r, severity: SEVERITIES[severity], rank: severity, state, message, container, field, line, column, frame, edit, print, exception, path, origin, order, way: way === null ? null : data.ways[way],
      text: [c.id, c.title, r.id, path, message, container, field].join("\n").toLowerCase() };
  });
  const state = { q: "", severity: new Set(SEVERITIES), group: "", namespace: "", kind: "", state: "open", framework: "", by: BY, open: "" };
  const STATES = { open: "open", known: "known from the baseline", excepted: "accepted", skip: "not known" };
  function readHash() {
    const given = new URLSearchParams(location.hash.slice(1));
    state.q = given.get("q") || "";
    state.severity = new Set(given.has("severity") ? given.get("severity").split(",").filter(s => SEVERITIES.includes(s)) : SEVERITIES);
    for (const key of ["group", "namespace", "kind", "framework", "open"]) state[key] = given.get(key) || "";
    state.state = given.get("state") || "open";
    state.by = given.get("by") || BY;
    if (!KEYS[state.by] || (state.by === "contribution" && !data.prioritised)) state.by = BY;
  }
  function writeHash() {
    const given = new URLSearchParams();
    if (state.q) given.set("q", state.q);
    if (state.severity.size < SEVERITIES.length) given.set("severity", [...state.severity].join(","));
    for (const key of ["group", "namespace", "kind", "framework", "open"]) if (state[key]) given.set(key, state[key]);
    if (state.state !== "open") given.set("state", state.state);
    if (state.by !== BY) given.set("by", state.by);
    const text = given.toString();
    history.replaceState(null, "", text ? "#" + text : location.pathname + location.search);
  }
  const frameworks = c => [...new Set(c.mappings.map(([framework]) => framework))];
  function visible() {
    const wanted = state.q.toLowerCase().split(/\s+/).filter(Boolean);
    return rows.filter(row => state.severity.has(row.severity)
      && (state.state === "all" || row.state === state.state)
      && (!state.group || row.c.group === state.group)
      && (!state.namespace || (row.r.namespace || "none") === state.namespace)
      && (!state.kind || row.r.kind === state.kind)
      && (!state.framework || row.c.mappings.some(([framework]) => framework === state.framework))
      && wanted.every(word => row.text.includes(word)));
  }
  const KEYS = {
    contribution: row => [row.way === null ? ["1" + row.rank, row.severity] : ["0", "on ways of attackers"]],
    severity: row => [[String(row.rank), row.severity]],
    resource: row => [[row.r.id, row.r.id]],
    control: row => [[row.rank + row.c.id, row.c.id + " · " + row.c.title]],
    file: row => [[row.path, row.path]],
    framework: row => (state.framework ? row.c.mappings.filter(([f]) => f === state.framework) : row.c.mappings).map(([f, id]) => [f + " " + id, f + " " + id]),
  };
  function grouped(found) {
    const groups = new Map();
    for (const row of found) for (const [key, title] of (KEYS[state.by] || KEYS.severity)(row)) {
      if (!groups.has(key)) groups.set(key, { key, title, rows: [] });
      groups.get(key).rows.push(row);
    }
    const all = [...groups.values()];
    all.sort((a, b) => a.key < b.key ? -1 : a.key > b.key ? 1 : 0);
    const first = state.by === "contribution" ? (a, b) => a.order - b.order : (a, b) => a.rank - b.rank;
    for (const group of all) group.rows.sort((a, b) => first(a, b) || a.number - b.number);
    return all;
  }
  // What is to be shown, in order; which of its blocks are in the page; how high each is, as far as it was seen.
  let queue = [], from = 0, to = 0, heights = [];
  let printing = false, current = -1;
  const opened = new Set();
  const list = $("list"), above = make("div", { class: "gap" }), held = make("div", {}), below = make("div", { class: "gap" });
  list.append(above, held, below);
  const blockOf = at => Math.floor(at / BLOCK), blocks = () => Math.ceil(queue.length / BLOCK);
  const height = block => heights[block] === undefined ? HEIGHT * Math.min(BLOCK, queue.length - block * BLOCK) : heights[block];
  const between = (first, end) => { let all = 0; for (let block = first; block < end; block++) all += height(block); return all; };
  const rowAt = at => held.querySelector(`[data-at="${at}"]`);
  function render() {
    const found = visible();
    queue = grouped(found).flatMap(group => [group, ...group.rows]);
    [from, to, heights, current] = [0, 0, [], -1];
    opened.clear();
    if (state.open) for (const row of found) if (row.print === state.open) opened.add(row.number);
    held.replaceChildren();
    const hidden = rows.length - found.length;
    $("status").textContent = found.length + (found.length === 1 ? " place" : " places") + (hidden ? ", " + hidden + " hidden by filters" : "");
    if (!found.length) held.append(make("p", { class: "quiet" }, rows.length ? "Nothing fits these filters." : "Nothing was found in what was looked at."));
    update();
    if (list.getBoundingClientRect().top < 0) list.scrollIntoView();
    writeHash();
  }
  // Puts the blocks into the page that are near the window, and takes the others out.
  function update() {
    for (let turn = 0; turn < 4 && queue.length && !printing; turn++) {
      const top = list.getBoundingClientRect().top;
      let first = 0, at = top;
      while (first < blocks() - 1 && at + height(first) < -NEAR) at += height(first++);
      let end = first;
      while (end < blocks() && at < innerHeight + NEAR) at += height(end++);
      end = Math.max(end, first + 1);
      if (first === from && end === to) return;
      draw(first, end);
    }
  }
  function draw(first, end) {
    measure();
    const stays = [...held.children].find(node => node.dataset.block >= first && node.dataset.block < end);
    const before = stays && stays.getBoundingClientRect().top;
    for (const node of [...held.children]) if (node.dataset.block < first || node.dataset.block >= end) node.remove();
    for (let block = first, next = held.firstChild; block < end; block++) {
      if (next && Number(next.dataset.block) === block) next = next.nextSibling; else held.insertBefore(made(block), next);
    }
    [from, to] = [first, end];
    above.style.height = between(0, first) + "px";
    measure();
    below.style.height = between(end, blocks()) + "px";
    // What is seen stays where it is, whatever was thought of the height of what is above.
    if (stays && !printing) { const moved = stays.getBoundingClientRect().top - before; if (Math.abs(moved) > .5) scrollBy({ top: moved, behavior: "instant" }); }
  }
  function measure() {
    for (const node of held.children) if (node.dataset.block !== undefined) heights[node.dataset.block] = node.getBoundingClientRect().height;
  }
  function made(block) {
    const node = make("div", { class: "block", "data-block": block });
    for (let at = block * BLOCK; at < Math.min(queue.length, (block + 1) * BLOCK); at++) {
      const item = queue[at];
      const isSeverity = SEVERITIES.includes(item.title);
      node.append(item.rows ? make("h2", { class: "group" + (isSeverity ? " " + item.title : "") }, make("span", {}, (isSeverity ? MARKS[item.title] + " " : "") + item.title), make("span", { class: "n" }, String(item.rows.length))) : finding(item, at));
    }
    return node;
  }
  // The row of that number, brought into the page and into view.
  function goTo(at) {
    if (!rowAt(at)) {
      const block = blockOf(at);
      scrollTo({ top: scrollY + list.getBoundingClientRect().top + between(0, block) - innerHeight / 2, behavior: "instant" });
      draw(Math.max(0, block - 1), Math.min(blocks(), block + 2));
    }
    const row = rowAt(at);
    if (row) row.firstElementChild.scrollIntoView({ block: "center" });
    update();
    return rowAt(at);
  }
  function finding(row, at) {
    const place = row.line ? row.path + ":" + row.line + ":" + row.column : row.path;
    const details = make("details", { class: "f", "data-print": row.print, "data-at": at },
      make("summary", {},
        make("span", { class: "sev " + row.severity }, MARKS[row.severity] + " " + row.severity),
        make("span", { class: "what" }, ...words(row.message), row.state === "open" ? null : " ", row.state === "open" ? null : make("span", { class: "tag" }, STATES[row.state] || row.state)),
        make("span", { class: "where" }, make("span", { class: "path" }, place), " · ", make("span", { class: "id" }, row.r.id), " · ", make("span", { class: "id" }, row.c.id))));
    const fill = () => { if (!details.querySelector(".body")) details.append(body(row)); };
    details.addEventListener("fill", fill);
    details.addEventListener("toggle", () => {
      if (printing) return;
      if (details.open) fill();
      if (details.open === opened.has(row.number)) return;
      if (details.open) opened.add(row.number); else opened.delete(row.number);
      state.open = details.open ? row.print : (state.open === row.print ? "" : state.open);
      writeHash();
      update();
    });
    if (opened.has(row.number)) { fill(); details.open = true; }
    return details;
  }
  function body(row) {
    const c = row.c, parts = [];
    if (row.frame) {
      const [first, text] = row.frame;
      parts.push(make("pre", { "aria-label": "source" }, ...text.split("\n").map((line, at) => make("span", { class: "l" + (first + at === row.line ? " hit" : "") }, make("span", { class: "n" }, String(first + at)), line))));
    }
    if (row.origin && row.origin.rendered) {
      const [first, text] = row.origin.rendered;
      parts.push(make("p", { class: "quiet" }, "rendered, from line " + first + ":"), make("pre", { "aria-label": "rendered" }, text));
    }
    const section = (title, ...content) => parts.push(make("h3", {}, title), ...content.filter(Boolean));
    parts.push(make("p", {}, make("code", {}, row.field || row.r.id), row.container ? " in container " : null, row.container ? make("code", {}, row.container) : null));
    if (row.exception !== null) {
      const e = data.exceptions[row.exception];
      section("Accepted", make("p", {}, [e.reason, e.owner, e.ticket, e.expires && "until " + e.expires, e.path + ":" + e.line].filter(Boolean).join(" · ")));
    }
    section("Why it matters", make("p", {}, ...words(c.rationale)), row.way && make("p", {}, row.way));
    section("What to do", make("p", {}, ...words(c.remediation)));
    if (row.edit) parts.push(make("pre", { "aria-label": "change" }, ...row.edit.map(([sign, text]) => make("span", { class: "l " + (sign === "-" ? "del" : "add") }, sign + " " + text))));
    section("Check by hand", make("pre", {}, make("span", { class: "l" }, c.verify)));
    const by = pairs => { const all = new Map(); for (const [a, b] of pairs) all.set(a, [...(all.get(a) || []), b]); return [...all].map(([a, b]) => a + " " + b.join(", ")).join(" · "); };
    if (c.mappings.length) section("Serves", make("p", { class: "tags" }, by(c.mappings)));
    if (c.aliases.length) section("Known elsewhere as", make("p", { class: "tags" }, by(c.aliases)));
    parts.push(make("p", { class: "tags" }, "fingerprint ", make("code", {}, row.print)));
    return make("div", { class: "body" }, ...parts);
  }
  function choices(id, values, label) {
    const select = $(id);
    select.replaceChildren(make("option", { value: "" }, label), ...[...new Set(values)].sort().map(value => make("option", { value }, value)));
    select.addEventListener("change", () => { state[id] = select.value; render(); });
  }
  function controls() {
    choices("group", rows.map(row => row.c.group), "every group");
    choices("namespace", rows.map(row => row.r.namespace || "none"), "every namespace");
    choices("kind", rows.map(row => row.r.kind), "every kind");
    choices("framework", rows.flatMap(row => frameworks(row.c)), "every framework");
    const known = new Set(rows.map(row => row.state));
    $("state").replaceChildren(...[["open", "open"], ["known", "known"], ["excepted", "accepted"], ["skip", "not known"]].filter(([value]) => value === "open" || known.has(value)).map(([value, label]) => make("option", { value }, label)), make("option", { value: "all" }, "every state"));
    $("state").addEventListener("change", event => { state.state = event.target.value; render(); });
    if (data.prioritised) $("by").prepend(make("option", { value: "contribution" }, "by what it contributes"));
    $("by").addEventListener("change", event => { state.by = event.target.value; render(); });
    let waiting = 0;
    $("q").addEventListener("input", event => { state.q = event.target.value; clearTimeout(waiting); waiting = setTimeout(render, 80); });
    for (const severity of SEVERITIES) $("chips").append(make("button", { type: "button", class: severity, "data-severity": severity, onclick: () => { state.severity.has(severity) ? state.severity.delete(severity) : state.severity.add(severity); show(); render(); } }, MARKS[severity] + " " + severity));
    $("theme").addEventListener("click", () => { const dark = getComputedStyle(document.documentElement).getPropertyValue("--ground").trim() === "#14171a"; document.documentElement.dataset.theme = dark ? "light" : "dark"; });
    $("tools").addEventListener("submit", event => event.preventDefault());
    let waits = false;
    const soon = () => { if (!waits) { waits = true; requestAnimationFrame(() => { waits = false; update(); }); } };
    addEventListener("scroll", soon, { passive: true });
    let width = innerWidth;
    addEventListener("resize", () => { if (innerWidth !== width) { width = innerWidth; heights = []; } soon(); });
    list.addEventListener("focusin", event => { const row = event.target.closest("details.f"); if (row) current = Number(row.dataset.at); });
  }
  function show() {
    $("q").value = state.q;
    for (const id of ["group", "namespace", "kind", "framework", "state", "by"]) { $(id).value = state[id]; if ($(id).selectedIndex < 0) $(id).selectedIndex = 0; }
    for (const chip of document.querySelectorAll("#chips button")) chip.setAttribute("aria-pressed", String(state.severity.has(chip.dataset.severity)));
  }
  // From the row that has the focus, or had it before it went out of the page.
  function step(by) {
    const here = document.activeElement.closest("details.f");
    let next = here ? Number(here.dataset.at) : document.activeElement === document.body ? current : -1;
    if (next < 0 || next >= queue.length) {
      const seen = [...held.querySelectorAll("details.f")].find(row => row.getBoundingClientRect().bottom > 120);
      if (!seen) return;
      next = Number(seen.dataset.at);
    } else {
      const start = next;
      do next += by; while (queue[next] && queue[next].rows);
      if (!queue[next]) next = start;
    }
    const row = rowAt(next) || goTo(next);
    if (row) row.firstElementChild.focus();
  }
  // The finding that the address names, wherever it is in the list.
  function reveal() {
    const at = state.open ? queue.findIndex(item => item.print === state.open) : -1;
    const row = at < 0 ? null : goTo(at);
    if (row) row.firstElementChild.focus({ preventScroll: true });
  }
  // Paper cannot be opened: few findings are printed whole, of many the lines.
  const WHOLE = 150, PRINTED = 2000;
  let folded = [], scrolled = 0, focused = false;
  function unfold() {
    if (printing) return;
    printing = true;
    scrolled = scrollY;
    focused = !!document.activeElement.closest("details.f");
    draw(0, Math.min(blocks(), Math.ceil(PRINTED / BLOCK)));
    const all = [...held.querySelectorAll("details.f")];
    folded = [...document.querySelectorAll(".unseen details"), ...(all.length <= WHOLE ? all : [])].filter(details => !details.open);
    for (const details of folded) { details.dispatchEvent(new Event("fill")); details.open = true; }
    const chosen = [state.q && "search: " + state.q, state.severity.size < SEVERITIES.length && [...state.severity].join(", "), state.group, state.namespace, state.kind, state.framework].filter(Boolean);
    $("paper").textContent = [...chosen, to < blocks() && "the first " + all.length + " places are printed"].filter(Boolean).join(" · ");
  }
  function fold() {
    for (const details of folded) details.open = false;
    folded = [];
    printing = false;
    update();
    scrollTo({ top: scrolled, behavior: "instant" });
    update();
    // Its row may have gone out of the page meanwhile.
    const row = focused && document.activeElement === document.body && rowAt(current);
    if (row) row.firstElementChild.focus({ preventScroll: true });
  }
  document.addEventListener("keydown", event => {
    const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
    if (event.key === "Escape") { if ($("help").open) return; if (event.target === $("q") && state.q) { event.preventDefault(); state.q = event.target.value = ""; render(); } else if (typing) event.target.blur(); else { opened.clear(); state.open = ""; writeHash(); for (const open of held.querySelectorAll("details[open]")) open.open = false; } return; }
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "/") { event.preventDefault(); $("q").focus(); $("q").select(); }
    else if (event.key === "j") step(1);
    else if (event.key === "k") step(-1);
    else if (event.key === "?") $("help").showModal();
  });
  addEventListener("hashchange", () => { readHash(); show(); render(); reveal(); });
  addEventListener("beforeprint", unfold);
  addEventListener("afterprint", fold);
  $("static").remove();
  $("tools").hidden = false;
  controls(); readHash(); show(); render(); reveal();
  document.documentElement.dataset.ready = "true";
})();
