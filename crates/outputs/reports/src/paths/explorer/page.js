"use strict";
const data = JSON.parse(document.getElementById("data").textContent);
const at = id => document.getElementById(id);
const html = (tag, parent, text, name) => {
  const element = document.createElement(tag);
  if (text !== undefined && text !== null) element.textContent = text;
  if (name) element.className = name;
  if (parent) parent.append(element);
  return element;
};
const svg = (tag, attributes, parent, text) => {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const key in attributes) element.setAttribute(key, attributes[key]);
  if (text !== undefined) element.textContent = text;
  if (parent) parent.append(element);
  return element;
};
// What stands between backticks comes from a file.
const rich = (parent, text) => text.split("`").forEach((piece, number) => number % 2 ? html("code", parent, piece) : parent.append(piece));
const plural = (count, word) => `${count.toLocaleString("en")} ${word}${count === 1 ? "" : "s"}`;
const cutText = (text, room) => text.length > room ? text.slice(0, Math.max(1, room - 1)) + "…" : text;
const { vertices, edges, fixes, texts } = data;
const nameOf = vertex => texts[vertices[vertex][1]];
const wordOf = vertex => data.words[vertices[vertex][0]];
const FROM = 0, TO = 1, KIND = 2, ASSUMED = 3, HARD = 4, SHOWN = 5;

// The graph, from both ends: numbers of edges in rows, as the program has them.
const arriving = (() => {
  const starts = new Uint32Array(vertices.length + 1), row = new Uint32Array(edges.length);
  for (const edge of edges) starts[edge[TO] + 1]++;
  for (let vertex = 0; vertex < vertices.length; vertex++) starts[vertex + 1] += starts[vertex];
  const next = starts.slice();
  edges.forEach((edge, number) => { row[next[edge[TO]]++] = number; });
  return { starts, row };
})();
const fixesOfEdge = new Map(), fixesOfVertex = new Map();
const push = (map, key, value) => { if (!map.has(key)) map.set(key, []); map.get(key).push(value); };
fixes.forEach((fix, number) => {
  for (const edge of fix.edges) push(fixesOfEdge, edge, number);
  for (const vertex of fix.vertices) push(fixesOfVertex, vertex, number);
});
const fixesOf = edge => {
  const all = [fixesOfEdge.get(edge), fixesOfVertex.get(edges[edge][FROM]), fixesOfVertex.get(edges[edge][TO])];
  return [...new Set(all.flatMap(some => some || []))].sort((a, b) => fixes[a].cost - fixes[b].cost || a - b);
};
const goneWith = tried => {
  const gone = { edges: new Uint8Array(edges.length), vertices: new Uint8Array(vertices.length) };
  for (const fix of tried) {
    for (const edge of fixes[fix].edges) gone.edges[edge] = 1;
    for (const vertex of fixes[fix].vertices) gone.vertices[vertex] = 1;
  }
  return gone;
};
const isGone = (gone, edge) => gone.edges[edge] || gone.vertices[edges[edge][FROM]] || gone.vertices[edges[edge][TO]];

// The easiest way from everywhere to a sink; of equally easy ones that with the smaller numbers of edges.
function waysTo(sink, gone) {
  const distance = new Float64Array(vertices.length).fill(Infinity), next = new Int32Array(vertices.length).fill(-1);
  if (gone.vertices[sink]) return { distance, next };
  const heap = [[0, sink]];
  distance[sink] = 0;
  const less = (a, b) => a[0] < b[0] || a[0] === b[0] && a[1] < b[1];
  const add = item => {
    let spot = heap.push(item) - 1;
    for (let up; spot > 0 && less(item, heap[up = (spot - 1) >> 1]); spot = up) heap[spot] = heap[up];
    heap[spot] = item;
  };
  const take = () => {
    const top = heap[0], item = heap.pop();
    if (heap.length) {
      let spot = 0;
      for (let down; (down = 2 * spot + 1) < heap.length; spot = down) {
        if (down + 1 < heap.length && less(heap[down + 1], heap[down])) down++;
        if (!less(heap[down], item)) break;
        heap[spot] = heap[down];
      }
      heap[spot] = item;
    }
    return top;
  };
  while (heap.length) {
    const [far, vertex] = take();
    if (far !== distance[vertex]) continue;
    for (let row = arriving.starts[vertex]; row < arriving.starts[vertex + 1]; row++) {
      const edge = arriving.row[row], from = edges[edge][FROM];
      if (gone.edges[edge] || gone.vertices[from]) continue;
      const through = far + edges[edge][HARD];
      if (through < distance[from]) { distance[from] = through; next[from] = edge; add([through, from]); }
      else if (through === distance[from] && next[from] >= 0 && edge < next[from]) next[from] = edge;
    }
  }
  return { distance, next };
}
const weightOf = new Map();
for (const [vertex, weight] of data.starts) weightOf.set(vertex, Math.max(weight, weightOf.get(vertex) || 0));

// All ways, of each shape one, in the order of `plimsoll paths list`; and how much of the risk is left.
function answer(tried) {
  const gone = goneWith(tried), found = [], reaching = new Uint8Array(vertices.length);
  let left = 0;
  for (const [sink, counts] of data.sinks) {
    const { distance, next } = waysTo(sink, gone);
    const shapes = new Map();
    for (const [start, weight] of data.starts) {
      if (distance[start] === Infinity) continue;
      left += weight * counts;
      reaching[start] = 1;
      const own = [];
      let shape = "";
      for (let vertex = start; next[vertex] >= 0; vertex = edges[next[vertex]][TO]) {
        const edge = next[vertex];
        own.push(edge);
        shape += edges[edge][KIND] + " " + vertices[edges[edge][TO]][0] + ",";
      }
      if (!own.length) continue;
      const known = shapes.get(shape);
      if (!known) { shapes.set(shape, { entry: start, sink, edges: own, difficulty: distance[start], entries: [start] }); continue; }
      known.entries.push(start);
      if (distance[start] < known.difficulty || distance[start] === known.difficulty && start < known.entry) Object.assign(known, { entry: start, edges: own, difficulty: distance[start] });
    }
    found.push(...[...shapes.values()].sort((a, b) => a.difficulty - b.difficulty || a.entry - b.entry));
  }
  for (const way of found) finish(way);
  found.sort((a, b) => weightOf.get(b.entry) - weightOf.get(a.entry) || Number(a.assumed !== 0) - Number(b.assumed !== 0)
    || a.difficulty - b.difficulty || a.entry - b.entry || a.sink - b.sink);
  let reached = 0;
  for (const [start, weight] of data.starts) if (reaching[start]) reached += weight;
  return { ways: found, left, reached, gone };
}
function finish(way) {
  way.entries.sort((a, b) => a - b);
  way.assumed = way.edges.reduce((bits, edge) => bits | edges[edge][ASSUMED], 0);
  way.key = way.edges.join(".");
  return way;
}
const assumptionsOf = bits => data.assumptions.filter((one, bit) => bits & 1 << bit);
// Looking around and holding rights take several edges and are one thing; which container it is is told with what is done in it.
function told(way) {
  const steps = [];
  let own = [];
  way.edges.forEach((edge, number) => {
    own.push(edge);
    const id = data.kinds[edges[edge][KIND]].id, after = way.edges[number + 1];
    const same = after !== undefined && data.kinds[edges[after][KIND]].id === id;
    if (id === "in-pod" && after !== undefined || same && (id === "connect" || id === "holds")) return;
    steps.push({ edges: own, from: edges[own[0]][FROM], to: edges[edge][TO], edge });
    own = [];
  });
  return steps;
}

const before = answer([]);
let now = before, chosen = null, view = data.opening, tried = [], wanted = "", room = 60;
const search = at("search");

function read() {
  const asked = new URLSearchParams(location.hash.slice(1));
  view = asked.get("view") === "plan" ? "plan" : asked.get("view") === "ways" ? "ways" : data.opening;
  tried = [...new Set((asked.get("cut") || "").split(".").filter(Boolean).map(Number).filter(fix => fixes[fix]))];
  wanted = search.value = asked.get("q") || "";
  const way = (asked.get("way") || "").split(".").filter(Boolean).map(Number).filter(edge => edges[edge]);
  now = tried.length ? answer(tried) : before;
  const joined = way.length && way.every((edge, number) => !number || edges[way[number - 1]][TO] === edges[edge][FROM]);
  chosen = joined ? asWay(way) : now.ways[0] || before.ways[0] || null;
}
function asWay(own) {
  const key = own.join(".");
  const known = now.ways.find(way => way.key === key) || before.ways.find(way => way.key === key);
  return known || finish({ entry: edges[own[0]][FROM], sink: edges[own[own.length - 1]][TO], edges: own, entries: [edges[own[0]][FROM]],
    difficulty: own.reduce((sum, edge) => sum + edges[edge][HARD], 0) });
}
function write() {
  const asked = new URLSearchParams();
  if (view !== data.opening) asked.set("view", view);
  if (chosen && chosen !== now.ways[0]) asked.set("way", chosen.key);
  if (tried.length) asked.set("cut", tried.join("."));
  if (wanted) asked.set("q", wanted);
  history.replaceState(null, "", "#" + asked);
}
const isCut = way => way.edges.some(edge => isGone(now.gone, edge));
function toggle(fix) {
  tried = tried.includes(fix) ? tried.filter(other => other !== fix) : [...tried, fix];
  again();
}
function again() {
  now = tried.length ? answer(tried) : before;
  if (!chosen) chosen = now.ways[0] || before.ways[0] || null;
  show();
}
function choose(way) { chosen = way; show(); }

const percent = (part, of) => !of || !part ? "nothing" : part === of ? "100 %" : part * 100 > of * 99 ? "over 99 %" : `${Math.ceil(part * 100 / of)} %`;
function showMeter() {
  const left = at("left");
  left.replaceChildren();
  html("b", left, before.left ? percent(now.left, before.left) : "No way");
  left.append(before.left ? (now.left ? " of the risk is left: " : " of the risk is left. ") : " leads to what must not be reached.");
  if (now.left) left.append(`${plural(now.ways.length, "way")} from ${now.reached.toLocaleString("en")} of ${data.of.toLocaleString("en")} of what attackers may begin with.`);
  at("fill").style.width = before.left ? now.left * 100 / before.left + "%" : "0";
  const box = at("tried");
  box.replaceChildren();
  for (const fix of tried) {
    const chip = html("button", box, "✂ " + texts[fixes[fix].title] + " · " + texts[fixes[fix].object] + " ×", "chip");
    chip.type = "button";
    chip.title = "take this change back";
    chip.addEventListener("click", () => toggle(fix));
  }
  if (tried.length > 1) button(box, "Take all back", () => { tried = []; again(); });
  if (tried.length) html("small", box, `${plural(tried.length, "change")}, cost ${tried.reduce((sum, fix) => sum + fixes[fix].cost, 0)}: tried here only, nothing is written`, "mark-good");
}
function button(parent, text, act) {
  const made = html("button", parent, text, "act");
  made.type = "button";
  made.addEventListener("click", act);
  return made;
}
const textOf = way => [nameOf(way.entry), nameOf(way.sink), ...way.edges.map(edge => nameOf(edges[edge][TO]) + " " + data.kinds[edges[edge][KIND]].id)].join(" ").toLowerCase();
const fixText = fix => [fix.title, fix.object, fix.path].map(text => texts[text]).join(" ").toLowerCase();

function showList() {
  at("count-ways").textContent = now.ways.length;
  at("count-plan").textContent = data.plan.length;
  at("tab-ways").setAttribute("aria-pressed", view === "ways");
  at("tab-plan").setAttribute("aria-pressed", view === "plan");
  const list = at("list");
  list.replaceChildren();
  at("more").hidden = true;
  view === "plan" ? showPlan(list) : showWays(list);
}
function showWays(list) {
  const has = way => !wanted || textOf(way).includes(wanted.toLowerCase());
  const open = now.ways.filter(has), gone = tried.length ? before.ways.filter(way => isCut(way) && has(way)) : [];
  const total = now.ways.length + (tried.length ? before.ways.filter(isCut).length : 0), hidden = total - open.length - gone.length;
  at("status").textContent = plural(open.length, "way") + (gone.length ? `, ${gone.length} cut` : "") + (hidden ? `, ${hidden} hidden by the filter` : "");
  const known = new Set(before.ways.map(way => way.key));
  open.slice(0, room).forEach((way, number) => showWay(list, way, number, known.has(way.key) ? "" : "another way round"));
  at("more").hidden = open.length <= room;
  if (!gone.length) return;
  html("li", list, `Cut by ${plural(tried.length, "change")}`, "part");
  for (const way of gone.slice(0, room)) showWay(list, way, null, "✂ cut");
}
function showWay(list, way, number, note) {
  const item = html("button", html("li", list), undefined, note === "✂ cut" ? "way cut" : "way");
  item.type = "button";
  item.dataset.way = way.key;
  if (chosen && chosen.key === way.key) item.setAttribute("aria-current", "true");
  const ends = html("span", item, undefined, "ends");
  ends.append(`${number === null ? "" : number + 1 + ". "}${nameOf(way.entry)}`);
  html("i", ends, " → ");
  ends.append(nameOf(way.sink));
  const more = way.entries.length - 1;
  html("small", item, plural(told(way).length, "step") + (more ? ` · and ${more.toLocaleString("en")} more begin alike` : "") + ` · difficulty ${way.difficulty}`);
  if (note) html("small", item, note, "mark-good");
  else if (way.assumed) html("small", item, `◌ hangs on ${plural(assumptionsOf(way.assumed).length, "thing")} that ${assumptionsOf(way.assumed).length === 1 ? "is" : "are"} not known`);
  else html("small", item, "▲ certain", "mark-goal");
  item.addEventListener("click", () => choose(way));
}
function showPlan(list) {
  const shown = data.plan.map((step, number) => ({ step, number })).filter(({ step }) => !wanted || fixText(fixes[step.fix]).includes(wanted.toLowerCase()));
  const hidden = data.plan.length - shown.length;
  at("status").textContent = `${plural(shown.length, "change")}, in this order` + (hidden ? `, ${hidden} hidden by the filter` : "");
  if (data.plan.length) {
    const acts = html("li", list);
    const all = data.plan.map(step => step.fix);
    if (all.every(fix => tried.includes(fix))) button(acts, "Take all back", () => { tried = []; again(); });
    else button(acts, "Try all of them", () => { tried = [...new Set([...tried, ...all])]; again(); });
  }
  for (const { step, number } of shown.slice(0, room)) {
    const joined = data.plan[number + 1] && data.plan[number + 1].group === step.group && !step.cuts;
    const item = change(html("li", list), step.fix, `${number + 1}. `);
    const then = html("span", item, undefined, "then");
    if (joined) then.append("together with the next");
    else {
      html("i", html("span", then, undefined, "bar")).style.width = before.left ? step.left * 100 / before.left + "%" : "0";
      then.append(`${percent(step.left, before.left)} left`);
    }
  }
  at("more").hidden = shown.length <= room;
}
function change(parent, fix, number) {
  const { title, object, path, line, cost } = fixes[fix];
  const item = html("button", parent, undefined, "change");
  item.type = "button";
  item.dataset.fix = fix;
  item.setAttribute("aria-pressed", tried.includes(fix));
  html("span", item, tried.includes(fix) ? "✓" : "", "box");
  rich(html("span", item, number, "does"), texts[title]);
  const where = html("small", item, `${texts[object]} · cost ${cost} `);
  if (texts[path]) html("code", where, `${texts[path]}${line ? ":" + line : ""}`);
  item.addEventListener("click", () => toggle(fix));
  return item;
}

const CARD = 116, TALL = 70, GAP = 32, ROW = 22, PAD = 20, MOST = 48;
// What is drawn: the ways that are listed, as many as can be looked at, and the one that is chosen.
function drawn() {
  const nodes = new Map(), links = new Map();
  const add = way => {
    const steps = told(way);
    const fresh = new Set([way.entry, ...steps.map(step => step.to)].filter(vertex => !nodes.has(vertex)));
    if (nodes.size + fresh.size > MOST && way !== chosen) return;
    const node = vertex => { if (!nodes.has(vertex)) nodes.set(vertex, { vertex, ways: [], alike: 0, after: new Set(), layer: 0 }); return nodes.get(vertex); };
    node(way.entry).entry = true;
    node(way.entry).alike = Math.max(node(way.entry).alike, way.entries.length - 1);
    node(way.sink).goal = true;
    for (const step of steps) {
      node(step.from).ways.push(way); node(step.to).ways.push(way);
      const key = step.from + " " + step.to + " " + edges[step.edge][KIND];
      if (!links.has(key)) links.set(key, { ...step, ways: [] });
      links.get(key).ways.push(way);
    }
  };
  if (chosen) add(chosen);
  const wantedWays = way => !wanted || view === "plan" || textOf(way).includes(wanted.toLowerCase());
  for (const way of now.ways.filter(wantedWays).slice(0, 16)) add(way);
  if (tried.length) for (const way of before.ways.filter(way => isCut(way) && wantedWays(way)).slice(0, 16)) add(way);
  return { nodes: [...nodes.values()].sort((a, b) => a.vertex - b.vertex), links: [...links.values()], byVertex: nodes };
}
function layout({ nodes, links, byVertex }) {
  // Layers by the longest way to a thing; an edge that would close a circle does not count.
  for (const link of links) {
    const closes = (() => { const seen = new Set(), open = [link.to]; while (open.length) { const vertex = open.pop(); if (vertex === link.from) return true; if (seen.has(vertex)) continue; seen.add(vertex); open.push(...byVertex.get(vertex).after); } return false; })();
    if (!closes) byVertex.get(link.from).after.add(link.to);
  }
  const settle = () => { for (let round = 0, moved = true; moved && round <= nodes.length; round++) { moved = false; for (const node of nodes) for (const to of node.after) { const target = byVertex.get(to); if (target.layer <= node.layer) { target.layer = node.layer + 1; moved = true; } } } };
  settle();
  // What begins a way moves as near as it can to what comes next; what nobody goes on from stands at the right.
  const last = Math.max(0, ...nodes.map(node => node.layer));
  for (const node of nodes) if (node.goal && !node.after.size) node.layer = last;
  const layers = Array.from({ length: last + 1 }, () => []);
  for (const node of nodes) layers[node.layer].push(node);
  const neighbours = new Map(nodes.map(node => [node, []]));
  for (const link of links) { const from = byVertex.get(link.from), to = byVertex.get(link.to); neighbours.get(from).push(to); neighbours.get(to).push(from); }
  const tall = Math.max(1, ...layers.map(layer => layer.length));
  const place = layer => layer.forEach((node, spot) => { node.y = (spot + (tall - layer.length) / 2) * (TALL + ROW); });
  layers.forEach(layer => { layer.sort((a, b) => Number(on(b)) - Number(on(a)) || a.vertex - b.vertex); place(layer); });
  for (let sweep = 0; sweep < 6; sweep++) for (const layer of sweep % 2 ? [...layers].reverse() : layers) {
    for (const node of layer) { const near = neighbours.get(node); node.middle = near.length ? near.reduce((sum, other) => sum + other.y, 0) / near.length : node.y; }
    layer.sort((a, b) => a.middle - b.middle || a.vertex - b.vertex);
    place(layer);
  }
  const room = at("scroll").clientWidth || 1000, count = layers.length;
  const wide = Math.max(CARD, Math.min(176, (room - 2 * PAD - (count - 1) * GAP) / count));
  const gap = Math.max(GAP, Math.min(120, count > 1 ? (room - 2 * PAD - count * wide) / (count - 1) : GAP));
  for (const node of nodes) node.x = PAD + node.layer * (wide + gap);
  return { wide, width: 2 * PAD + count * wide + (count - 1) * gap, height: tall * (TALL + ROW) - ROW + 2 * PAD };
}
const on = node => chosen !== null && (node.vertex === chosen.entry || told(chosen).some(step => step.to === node.vertex));
function showGraph() {
  const graph = at("graph"), picture = drawn();
  graph.replaceChildren();
  at("scroll").parentElement.hidden = !picture.nodes.length;
  if (!picture.nodes.length) return;
  const { wide, width, height } = layout(picture);
  graph.setAttribute("viewBox", `0 0 ${width} ${height}`);
  // A picture that is a little too wide is made smaller; one that is much too wide is scrolled.
  const scale = Math.max(0.75, Math.min(1, (at("scroll").clientWidth || width) / width));
  graph.setAttribute("width", Math.floor(width * scale)); graph.setAttribute("height", Math.floor(height * scale));
  graph.setAttribute("class", chosen ? "quiet" : "");
  const defs = svg("defs", {}, graph);
  for (const [id, colour] of [["tip", "var(--way)"], ["tip-on", "var(--focus)"]]) {
    const marker = svg("marker", { id, viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 8, markerHeight: 8, orient: "auto", markerUnits: "userSpaceOnUse" }, defs);
    svg("path", { d: "M0 0L8 4L0 8Z", fill: colour }, marker);
  }
  const steps = chosen ? told(chosen) : [];
  const lines = svg("g", {}, graph), badges = [];
  for (const link of picture.links) {
    const number = steps.findIndex(step => step.from === link.from && step.to === link.to && step.edge === link.edge);
    const gone = link.edges.some(edge => isGone(now.gone, edge)), doubt = link.edges.some(edge => edges[edge][ASSUMED]);
    const from = picture.byVertex.get(link.from), to = picture.byVertex.get(link.to);
    const back = to.x <= from.x, x1 = from.x + wide, y1 = PAD + from.y + TALL / 2, x2 = to.x - 1, y2 = PAD + to.y + TALL / 2, bend = Math.max(24, Math.min(90, Math.abs(x2 - x1) / 2));
    // A line over several layers leaves the row of what stands between.
    const far = to.layer - from.layer > 1 && y1 === y2 ? TALL / 2 + ROW / 2 + 4 : 0;
    const d = back ? `M${x1} ${y1}C${x1 + 60} ${y1 + 70} ${x2 - 60} ${y2 + 70} ${x2} ${y2}` : `M${x1} ${y1}C${x1 + bend} ${y1 + far} ${x2 - bend} ${y2 + far} ${x2} ${y2}`;
    const kind = data.kinds[edges[link.edge][KIND]];
    const line = svg("path", { class: `link${doubt ? " doubt" : ""}${number >= 0 ? " on" : ""}${gone ? " gone" : ""}`, d }, lines);
    if (!gone) line.setAttribute("marker-end", number >= 0 ? "url(#tip-on)" : "url(#tip)");
    const hit = svg("path", { class: "hit", d }, lines);
    svg("title", {}, hit, `${nameOf(link.from)} ${kind.title} → ${nameOf(link.to)}\n${kind.id}${gone ? "\ncut" : ""}${doubt ? "\n" + assumptionsOf(link.edges.reduce((bits, edge) => bits | edges[edge][ASSUMED], 0)).map(one => "if " + one.text).join("\n") : ""}`);
    const mx = back ? (x1 + x2) / 2 : (x1 + x2) / 2, my = (y1 + y2) / 2 + (back ? 52 : far * .75);
    if (gone) badges.push(() => svg("path", { class: "scissors", d: `M${mx - 6} ${my - 6}L${mx + 6} ${my + 6}M${mx - 6} ${my + 6}L${mx + 6} ${my - 6}` }, graph));
    else if (number >= 0) badges.push(() => { const badge = svg("g", { class: "badge", transform: `translate(${mx} ${my})` }, graph); svg("circle", { r: 9 }, badge); svg("text", { y: 4, "text-anchor": "middle" }, badge, number + 1); });
  }
  for (const node of picture.nodes) drawCard(graph, node, wide);
  for (const badge of badges) badge();
}
const NAMED = /^([A-Z]\S*) (?:([^\s/]+)\/)?(\S+)$/;
function drawCard(graph, node, wide) {
  const alive = node.ways.some(way => !isCut(way)) || node.goal && now.ways.some(way => way.sink === node.vertex);
  const card = svg("g", { class: `card${node.entry ? " entry" : ""}${node.goal ? " goal" : ""}${on(node) ? " on" : ""}${alive ? "" : " off"}`, tabindex: 0, role: "button", transform: `translate(${node.x} ${PAD + node.y})` }, graph);
  const name = nameOf(node.vertex), parts = NAMED.exec(name), room = Math.floor((wide - 18) / 6.9), small = Math.floor((wide - 18) / 6);
  svg("title", {}, card, name + (node.alike ? `\nand ${node.alike} more begin alike` : ""));
  if (node.alike) svg("rect", { class: "under", x: 5, y: 5, width: wide, height: TALL, rx: node.entry ? 16 : 8 }, card);
  svg("rect", { class: "face", width: wide, height: TALL, rx: node.entry ? 16 : 8 }, card);
  const role = node.goal ? "◎ goal" : node.entry ? "▶ entry" : "";
  const kind = parts ? parts[1] : wordOf(node.vertex) === "segment" ? "network" : wordOf(node.vertex).replaceAll("-", " ");
  svg("text", { class: role ? "role" : "kind", x: 10, y: 16 }, card, role ? role : cutText(kind, small));
  const lines = wrap(parts ? parts[3] : name, room, 3);
  lines.forEach((line, number) => svg("text", { x: 10, y: 32 + number * 14 }, card, line));
  // What is left of the card says the rest: how many begin alike, the kind where the role stands in its place, the namespace.
  const said = parts ? [role ? parts[1] : "", parts[2] || ""].filter(Boolean) : [], joined = said.join(" · ");
  const rest = [node.alike ? `and ${node.alike.toLocaleString("en")} alike` : "", ...(joined.length <= small || node.alike ? [joined] : said)].filter(Boolean);
  rest.slice(0, 3 - lines.length).forEach((line, number) => svg("text", { class: "kind", x: 10, y: 32 + lines.length * 14 - 1 + number * 12 }, card, cutText(line, small)));
  const pick = () => { const own = node.ways.find(way => !isCut(way)) || node.ways[0]; if (own) choose(own); };
  card.addEventListener("click", pick);
  card.addEventListener("keydown", event => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); pick(); } });
}
// At most so many lines, broken where a word or a part of a name ends.
function wrap(text, room, most) {
  if (text.length <= room) return [text];
  if (most < 2) return [cutText(text, room)];
  let cut = -1;
  for (const mark of [" ", "-", ".", "/", ":"]) { const spot = text.lastIndexOf(mark, room - (mark === " " ? 0 : 1)); if (spot > 2) { cut = spot + 1; break; } }
  if (cut < 0) cut = room;
  return [text.slice(0, cut).trimEnd(), ...wrap(text.slice(cut), room, most - 1)];
}
const sample = inner => { const box = svg("svg", { width: 36, height: 14, "aria-hidden": "true" }); box.append(inner); return box; };
for (const [name, text] of [["link", "a step"], ["link doubt", "hangs on what is not known"], ["link on", "the way that is chosen"], ["link gone", "cut"]]) {
  const item = html("span", at("key"));
  item.append(sample(svg("path", { class: name, d: "M2 7H34" })), text);
}

function showSteps() {
  const box = at("steps");
  box.replaceChildren();
  if (!chosen) return;
  const cut = isCut(chosen);
  const title = html("h2", box, `${nameOf(chosen.entry)} → ${nameOf(chosen.sink)}`);
  if (cut) html("span", title, "  ✂ cut", "mark-good");
  const steps = told(chosen);
  const assumed = assumptionsOf(chosen.assumed);
  const alike = chosen.entries.filter(entry => entry !== chosen.entry);
  html("p", box, `${plural(steps.length, "step")}, ${assumed.length ? `if ${assumed.map(one => one.text).join("; ")}` : "each of them certain"}.`);
  if (alike.length) {
    const more = html("p", box, "Begins alike: ");
    more.append(alike.slice(0, 12).map(nameOf).join(", ") + (alike.length > 12 ? ` and ${(alike.length - 12).toLocaleString("en")} more` : ""));
  }
  steps.forEach((step, number) => showStep(box, step, number));
}
function showStep(box, step, number) {
  const kind = data.kinds[edges[step.edge][KIND]], gone = step.edges.some(edge => isGone(now.gone, edge));
  const row = html("div", box, undefined, gone ? "step gone" : "step");
  html("div", row, number + 1, "number");
  const main = html("div", row);
  const title = html("h3", main, kind.title);
  html("span", title, " → " + nameOf(step.to));
  html("p", main, `${kind.id} · ${kind.techniques.join(" · ")}`, "fine");
  for (const edge of step.edges) for (const shown of edges[edge][SHOWN]) {
    const [object, field, path, line, note] = data.evidence[shown], line1 = html("p", main, texts[note]);
    if (texts[path]) { line1.append(" "); html("code", line1, `${texts[path]}${line ? ":" + line : ""}`); }
    const what = [texts[object], texts[field]].filter(Boolean).join(" · ");
    if (what) html("p", main, what, "fine");
  }
  for (const one of assumptionsOf(step.edges.reduce((bits, edge) => bits | edges[edge][ASSUMED], 0))) html("p", main, `◌ if ${one.text}`, "mark-doubt");
  const check = html("p", main, "check: ", "fine");
  html("code", check, kind.verify);
  const cuts = html("div", row, undefined, "cuts"), all = [...new Set(step.edges.flatMap(fixesOf))].sort((a, b) => fixes[a].cost - fixes[b].cost || a - b);
  html("h4", cuts, all.length ? "what cuts it" : "nothing that is known here cuts it");
  for (const fix of all.slice(0, 3)) change(cuts, fix, "");
  if (all.length > 3) {
    const rest = html("details", cuts);
    rest.open = all.slice(3).some(fix => tried.includes(fix));
    html("summary", rest, `${all.length - 3} more`);
    for (const fix of all.slice(3, 40)) change(rest, fix, "");
  }
}
function show() {
  const focused = document.activeElement && document.activeElement.dataset ? { ...document.activeElement.dataset } : {};
  showMeter(); showList(); showGraph(); showSteps(); write();
  // What is drawn anew keeps the keyboard where it was.
  const again = focused.fix !== undefined ? `[data-fix="${focused.fix}"]` : focused.way !== undefined ? `[data-way="${focused.way}"]` : null;
  if (again) document.querySelector(again)?.focus();
}
at("tab-ways").addEventListener("click", () => { view = "ways"; room = 60; show(); });
at("tab-plan").addEventListener("click", () => { view = "plan"; room = 60; show(); });
at("more").addEventListener("click", () => { room += 200; show(); });
search.addEventListener("input", () => { wanted = search.value.trim(); show(); });
addEventListener("hashchange", () => { read(); show(); });
addEventListener("resize", () => showGraph());
document.addEventListener("keydown", event => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape") { if (at("help").open) return; search.blur(); if (wanted) { wanted = search.value = ""; show(); } return; }
  if (event.target === search) return;
  const items = [...document.querySelectorAll("#list button.way, #list button.change")];
  const spot = items.indexOf(document.activeElement);
  const move = to => { if (items[to]) { items[to].focus(); items[to].scrollIntoView({ block: "nearest" }); } };
  const start = items.findIndex(item => item.getAttribute("aria-current") === "true");
  if (event.key === "/") { event.preventDefault(); search.focus(); }
  else if (event.key === "j") move(spot < 0 ? Math.max(0, start) : spot + 1);
  else if (event.key === "k") move(spot < 0 ? Math.max(0, start) : spot - 1);
  else if (event.key === "p") { view = view === "plan" ? "ways" : "plan"; show(); }
  else if (event.key === "u") { tried = []; again(); }
  else if (event.key === "?") at("help").showModal();
  else if (event.key === "x" && chosen) {
    const cheapest = chosen.edges.filter(edge => !isGone(now.gone, edge)).flatMap(fixesOf).sort((a, b) => fixes[a].cost - fixes[b].cost || a - b)[0];
    if (cheapest !== undefined && !isCut(chosen)) toggle(cheapest);
  }
});
at("app").hidden = false;
at("static").hidden = true;
read();
show();
