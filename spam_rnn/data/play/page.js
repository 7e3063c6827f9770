"use strict";
// What happens when somebody types, points or slides. What is computed stands in network.js.

const { makeAlphabet, makeModel, read, padded, counts, cost, ifUnknown } = globalThis.spamRnn;
const data = JSON.parse(document.getElementById("data").textContent);
const letters = makeAlphabet(data.alphabet);
const [model, careless, careful] = ["model", "careless", "careful"].map((name) => makeModel(letters, data[name]));
Object.assign(globalThis.spamRnn, { letters, model, careless, careful }); // for who wants to ask them in the browser's console, and for tests
const { spam, ham } = data.model;

const EXAMPLES = {
  "a parcel": "Final notice: your parcel is held. Pay £1.99 at example.com/p today",
  "a holiday": "Congratulations! Text SUN to 80081 to claim your free holiday",
  "the choir": "are you still coming to the choir on Monday? we start at 8",
  "bread": "Can you pick up some bread on your way home",
  "in disguise": "C0ngratu1ations! Txt SVN to 80081 to c1aim your fr33 h0liday",
  "many scripts": "Naïve café? Καλημέρα ΦΙΛΟΣ, שלום 🎁🎁🎁 &amp; नमस्ते",
};
const MAPS = [
  ["i", "Input gate", "how much of the new is let in?"],
  ["f", "Forget gate", "how much of the old is kept?"],
  ["g", "Candidate", "what would be written, if the input gate lets it?"],
  ["c", "Cell state", "the memory after this word: old × forget + candidate × input"],
  ["o", "Output gate", "how much of the memory is said aloud?"],
  ["h", "Hidden state", "what is said: the next word hears it, and so does the answer"],
];
const GATES = "ifo", LEFT = 40, ROW = 3;

const state = { text: EXAMPLES["a parcel"], place: 0, reader: 0, threshold: model.threshold, price: 20, zeros: 40, side: "behind" };
let told = null, column = 30, running = null;

// ---------------------------------------------------------------------------------------------------------------------
// Small helpers

const at = (id) => document.getElementById(id);
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
const signed = (x) => (Math.abs(x) < 0.005 ? "0.00" : (x > 0 ? "+" : "−") + Math.abs(x).toFixed(2));
const percent = (part, whole) => (whole ? `${((100 * part) / whole).toFixed(1)} %` : "–");
const show = (p) => (p > 0.9995 && p < 1 ? "> 0.999" : p < 0.0005 && p > 0 ? "< 0.001" : p.toFixed(3));
const short = (word) => { const all = Array.from(word); return all.length > 14 ? all.slice(0, 13).join("") + "…" : word; };

function make(name, options = {}, ...inside) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(options)) element.setAttribute(key, value);
  element.append(...inside);
  return element;
}

function draw(svg, name, options, text) {
  const shape = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(options)) shape.setAttribute(key, value);
  if (text !== undefined) shape.textContent = text;
  svg.append(shape);
  return shape;
}

function clear(svg, width, height, label) {
  svg.replaceChildren();
  svg.setAttribute("height", height);
  if (width) svg.setAttribute("width", width);
  if (label) svg.setAttribute("aria-label", label);
}

// ---------------------------------------------------------------------------------------------------------------------
// Is it spam?

function drawAnswer() {
  const isSpam = told.probability >= state.threshold, empty = !told.rows.length;
  at("word").textContent = empty ? "…" : isSpam ? spam : ham;
  at("word").className = `word ${isSpam ? "is-spam" : "is-ham"}`;
  const beyond = told.rows.length - told.ids.length;
  at("answer").textContent = empty
    ? "There is nothing to read yet."
    : `Probability of ${spam}: ${show(told.probability)}. It is called ${spam} from ${state.threshold.toFixed(2)} on.` +
      (beyond ? ` Only the first ${told.ids.length} words are read; ${beyond} more are not.` : "");
  const svg = at("meter"), width = svg.clientWidth || 300, x = (p) => 2 + p * (width - 4);
  clear(svg, null, 34);
  draw(svg, "rect", { x: 2, y: 8, width: width - 4, height: 10, rx: 5, fill: colour("faint"), stroke: colour("line") });
  if (!empty) draw(svg, "rect", { x: 2, y: 8, width: Math.max(4, x(told.probability) - 2), height: 10, rx: 5, fill: colour(isSpam ? "spam" : "ham") });
  draw(svg, "path", { d: `M${x(state.threshold)} 3v20`, stroke: colour("ink"), "stroke-width": 2 });
  const edge = state.threshold > 0.85 ? "end" : state.threshold < 0.15 ? "start" : "middle";
  draw(svg, "text", { x: x(state.threshold), y: 33, "text-anchor": edge }, "threshold");
}

// ---------------------------------------------------------------------------------------------------------------------
// Word by word

const width = () => LEFT + column * Math.max(1, told.rows.length) + 6;
const middle = (i) => LEFT + column * (i + 0.5);

function fit() {
  const room = at("scroll-words").clientWidth - LEFT - 8;
  column = Math.max(15, Math.min(88, Math.floor(room / Math.max(1, told.rows.length))));
}

// The words stand upright where a column is narrow; where you are is marked.
function words(svg, top) {
  const longest = Math.max(1, ...told.rows.map((row) => Array.from(short(row.word)).length));
  const flat = longest * 7.6 < column - 4, height = flat ? 24 : longest * 7.8 + 14;
  told.rows.forEach((row, i) => {
    const x = middle(i), here = i === state.place - 1;
    if (!row.known && row.read) draw(svg, "rect", { x: x - column / 2 + 1.5, y: top + 1, width: column - 3, height: height - 2, rx: 3, fill: "none", stroke: colour("soft"), "stroke-dasharray": "3 2" });
    const options = { x, y: flat ? top + 16 : top + 8, "text-anchor": flat ? "middle" : "start", style: `fill: ${colour(here ? "here" : row.read ? "ink" : "soft")}; font-weight: ${here ? 700 : 400}` };
    if (!flat) options.transform = `rotate(90 ${x} ${top + 8}) translate(0 4)`;
    draw(svg, "text", options, short(row.word));
  });
  return height;
}

function markPlace(svg, height) {
  if (state.place) draw(svg, "rect", { x: LEFT + column * (state.place - 1), y: 0, width: column, height, fill: colour("here-tint") });
}

function drawLine() {
  const svg = at("line"), high = 120, y = (p) => 8 + (1 - p) * (high - 16);
  clear(svg, width(), high, `Probability of ${spam} after each word: from ${show(told.start)} before the first to ${show(told.probability)} after the last.`);
  for (const p of [0, 0.5, 1]) {
    draw(svg, "path", { d: `M${LEFT} ${y(p)}H${width()}`, stroke: colour("line") });
    draw(svg, "text", { x: LEFT - 6, y: y(p) + 4, "text-anchor": "end" }, p);
  }
  draw(svg, "path", { d: `M${LEFT} ${y(state.threshold)}H${width()}`, stroke: colour("soft"), "stroke-dasharray": "5 4" });
  const points = [[LEFT, told.start], ...told.rows.filter((row) => row.read).map((row, i) => [middle(i), row.probability])];
  const path = (list) => list.map(([x, p], i) => `${i ? "L" : "M"}${x} ${y(p)}`).join("");
  draw(svg, "path", { d: path(points), fill: "none", stroke: colour("line"), "stroke-width": 2 });
  draw(svg, "path", { d: path(points.slice(0, state.place + 1)), fill: "none", stroke: colour("ink"), "stroke-width": 2, "stroke-linejoin": "round" });
  points.slice(0, state.place + 1).forEach(([x, p], i) => draw(svg, "circle", { cx: x, cy: y(p), r: i === state.place ? 6 : Math.min(4, column / 4), fill: colour(p >= state.threshold ? "spam" : "ham") }));
  markPlace(svg, high);
}

function drawBars() {
  const svg = at("bars"), high = 110, top = Math.max(0.3, ...told.rows.map((row) => Math.abs(row.contribution)));
  const scale = (high / 2 - 16) / top, zero = high / 2, strongest = told.rows.slice().sort((a, b) => Math.abs(b.contribution) - Math.abs(a.contribution)).slice(0, 3);
  clear(svg, width(), high, `Contributions; the strongest: ${strongest.map((row) => `${row.word} ${signed(row.contribution)}`).join(", ")}.`);
  const below = document.createElementNS("http://www.w3.org/2000/svg", "g");
  for (const value of [top, -top]) draw(svg, "text", { x: LEFT - 6, y: zero - value * scale + 4, "text-anchor": "end" }, signed(value).slice(0, 4));
  told.rows.forEach((row, i) => {
    const size = row.contribution * scale, up = size > 0;
    draw(svg, "rect", { x: middle(i) - column * 0.36, y: up ? zero - size : zero, width: column * 0.72, height: Math.abs(size), fill: colour(up ? "spam" : "ham"), rx: 1.5 });
    if (column >= 38 && row.known && row.read) draw(svg, "text", { x: middle(i), y: up ? zero - size - 4 : zero - size + 13, "text-anchor": "middle" }, signed(row.contribution));
  });
  draw(svg, "path", { d: `M${LEFT} ${zero}H${width()}`, stroke: colour("soft") });
  below.setAttribute("transform", `translate(0 ${high})`);
  const height = words(below, 2);
  svg.append(below);
  svg.setAttribute("height", high + height + 4);
  markPlace(svg, high + height + 4);
}

function drawTable() {
  const head = make("tr", {}, ...["place", "written", "read as", "number", `probability of ${spam} so far`, "contribution"].map((name, i) => make("th", { scope: "col", class: i === 0 || i > 2 ? "n" : "" }, name)));
  const rows = told.rows.map((row, i) =>
    make("tr", {}, make("td", { class: "n" }, String(i + 1)), make("td", {}, make("bdi", {}, row.word)),
      make("td", {}, make("bdi", {}, row.known ? row.token : "<unk>")), make("td", { class: "n" }, String(row.id)),
      make("td", { class: "n" }, row.read ? row.probability.toFixed(4) : "not read"), make("td", { class: "n" }, signed(row.contribution))));
  at("table").replaceChildren(make("thead", {}, head), make("tbody", {}, ...rows));
}

function drawNow() {
  const n = told.ids.length, k = state.place, row = told.rows[k - 1];
  at("place").max = n;
  at("place").value = k;
  at("place-said").textContent = `${k} of ${n}`;
  at("back").disabled = k === 0;
  at("on").disabled = k === n;
  at("run").disabled = n === 0;
  at("run").textContent = running ? "Stop" : "Read";
  if (!row) at("now").textContent = n ? `Before the first word: probability ${show(told.start)}.` : "";
  else at("now").replaceChildren(make("b", {}, make("bdi", {}, short(row.word))), row.known ? `: probability so far ${show(row.probability)}, contribution ${signed(row.contribution)}` : `: unknown, read as <unk>; probability so far ${show(row.probability)}`);
}

// ---------------------------------------------------------------------------------------------------------------------
// What it keeps in mind

let minds = [], order = [];

function think() {
  const reader = model.readers[state.reader], seen = told.ids.slice(0, state.place), states = read(reader, seen).slice(1);
  minds = reader.backwards ? states.reverse() : states; // column by column, as the words stand
  order = Array.from(reader.output.keys()).sort((a, b) => reader.output[b] - reader.output[a]);
  at("size").textContent = reader.size;
}

function mix(from, to, share) {
  return from.map((value, i) => Math.round(value + (to[i] - value) * Math.min(1, Math.max(0, share))));
}

function drawMap(canvas, name) {
  const reader = model.readers[state.reader], high = reader.size * ROW, wide = width(), ratio = window.devicePixelRatio || 1;
  canvas.width = wide * ratio;
  canvas.height = high * ratio;
  canvas.style.width = `${wide}px`;
  canvas.style.height = `${high}px`;
  const pen = canvas.getContext("2d"), [none, much, minus, plus] = ["none", "much", "minus", "plus"].map((key) => colour(key).split(",").map(Number));
  pen.scale(ratio, ratio);
  pen.fillStyle = colour("faint");
  pen.fillRect(LEFT, 0, column * Math.max(1, told.rows.length), high);
  minds.forEach((mind, i) => order.forEach((unit, row) => {
    const value = mind[name][unit];
    pen.fillStyle = `rgb(${GATES.includes(name) ? mix(none, much, value) : mix(none, value < 0 ? minus : plus, Math.abs(value))})`;
    pen.fillRect(LEFT + column * i, row * ROW, column - (column > 8 ? 1 : 0), ROW);
  }));
  if (name === "h" && reader.pooling === "max") {
    pen.fillStyle = colour("ink");
    order.forEach((unit, row) => {
      const largest = minds.reduce((best, mind, i) => (mind.h[unit] > minds[best].h[unit] ? i : best), 0);
      if (minds.length) pen.fillRect(middle(largest) - 1.5, row * ROW, ROW, ROW);
    });
  }
  if (state.place) {
    pen.strokeStyle = colour("here");
    pen.lineWidth = 2;
    pen.strokeRect(LEFT + column * (state.place - 1) - 0.5, 1, column, high - 2);
  }
  const here = minds[state.place - 1], average = here ? here[name].reduce((sum, value) => sum + value, 0) / reader.size : 0;
  canvas.setAttribute("aria-label", here ? `${canvas.dataset.title} of ${reader.size} units at ${minds.length} words; at the word ${told.rows[state.place - 1].word} their mean is ${average.toFixed(2)}` : `${canvas.dataset.title}: nothing is read yet`);
}

function drawMind() {
  think();
  const svg = at("ruler");
  clear(svg, width(), 10, "The words above the columns");
  const height = words(svg, 2);
  svg.setAttribute("height", height + 4);
  markPlace(svg, height + 4);
  document.querySelectorAll("#maps canvas").forEach((canvas) => drawMap(canvas, canvas.dataset.name));
  const here = minds[state.place - 1];
  const head = make("tr", {}, make("th", { scope: "col" }, "unit"), ...MAPS.map(([, title]) => make("th", { scope: "col", class: "n" }, title.toLowerCase())));
  const rows = here ? order.map((unit) => make("tr", {}, make("th", { scope: "row" }, String(unit + 1)), ...MAPS.map(([name]) => make("td", { class: "n" }, here[name][unit].toFixed(2))))) : [];
  at("units").replaceChildren(make("thead", {}, head), make("tbody", {}, ...rows));
}

// ---------------------------------------------------------------------------------------------------------------------
// What it can't see

function drawUnknown() {
  const hidden = told.rows.filter((row) => row.read && !row.known), n = told.ids.length;
  const pieces = told.rows.map((row) => {
    if (!row.read) return make("span", { class: "beyond" }, make("bdi", {}, row.word));
    return row.known ? make("span", {}, make("bdi", {}, row.token)) : make("ruby", {}, "<unk>", make("rt", {}, make("bdi", {}, short(row.word))));
  });
  at("seen").replaceChildren(...pieces.flatMap((piece) => [piece, " "])); // a blank is where a line may end
  const names = [...new Set(hidden.map((row) => short(row.word)))];
  at("unknown").textContent = !n ? "" : !hidden.length ? `It knows all ${n} tokens of this message.` : `It does not know ${hidden.length} of ${n} tokens: ${names.slice(0, 12).join(", ")}${names.length > 12 ? " …" : ""}. To the network they are all the same.`;
  const strong = told.rows.reduce((best, row) => (Math.abs(row.contribution) > Math.abs(best?.contribution ?? 0) ? row : best), null);
  const odds = Math.log(told.probability / (1 - told.probability));
  at("strongest").replaceChildren();
  if (strong && Number.isFinite(odds)) {
    const without = 1 / (1 + Math.exp(strong.contribution - odds));
    at("strongest").append("The word that counts most is ", make("b", {}, make("bdi", {}, strong.word.slice(0, 60))), `. ${ifUnknown(show(without), show(told.probability))} Can you hide a word from it? Misspell one.`);
  }
}

// ---------------------------------------------------------------------------------------------------------------------
// Where to draw the line

function drawThreshold() {
  const { test } = data, found = counts(test, state.threshold), price = cost(test, state.threshold, state.price);
  at("threshold").value = state.threshold;
  at("threshold-said").textContent = state.threshold.toFixed(2);
  at("price-said").textContent = state.price;
  const cell = (kind, n, text) => make("td", { class: kind }, make("b", {}, n.toLocaleString("en")), text);
  at("counts").replaceChildren(
    make("thead", {}, make("tr", {}, make("td", {}), make("th", { scope: "col" }, `called ${ham}`), make("th", { scope: "col" }, `called ${spam}`))),
    make("tbody", {},
      make("tr", {}, make("th", { scope: "row" }, `is ${ham}`), cell("good", found.arrived, "arrived"), cell("bad", found.blocked, "blocked")),
      make("tr", {}, make("th", { scope: "row" }, `is ${spam}`), cell("bad", found.missed, "missed"), cell("good", found.caught, "caught"))));
  const line = (name, value) => make("li", {}, name, make("b", {}, value));
  at("figures").replaceChildren(
    line(`${spam} caught`, percent(found.caught, test.spam.length)), line(`${ham} blocked`, percent(found.blocked, test.ham.length)),
    line(`right, of what is called ${spam}`, percent(found.caught, found.caught + found.blocked)), line(`cost: missed + ${state.price} × blocked`, price.toLocaleString("en")));
  drawCost(price);
}

function drawCost(price) {
  const { test } = data, svg = at("cost"), wide = Math.max(300, svg.parentElement.clientWidth - 4), left = 56, x = (p) => left + p * (wide - left - 14);
  clear(svg, wide, 250, `Cost against the threshold; at ${state.threshold.toFixed(2)} it is ${price}.`);
  const row = (name, list, y, isWrong) => {
    draw(svg, "text", { x: left - 10, y: y + 5, "text-anchor": "end" }, name);
    draw(svg, "path", { d: `M${x(0)} ${y}H${x(1)}`, stroke: colour("line") });
    for (const p of list) draw(svg, "path", { d: `M${x(p)} ${y - (isWrong(p) ? 11 : 6)}v${isWrong(p) ? 22 : 12}`, stroke: colour(name === spam ? "spam" : "ham"), "stroke-width": isWrong(p) ? 2.5 : 1, opacity: isWrong(p) ? 1 : 0.45 });
  };
  row(ham, test.ham, 22, (p) => p >= state.threshold);
  row(spam, test.spam, 56, (p) => p < state.threshold);
  const steps = Array.from({ length: 101 }, (_, i) => i / 100), prices = steps.map((t) => cost(test, t, state.price));
  const most = Math.max(...prices.slice(2), 1), y = (value) => 208 - Math.min(1.05, value / most) * 110, cheapest = Math.min(...prices);
  draw(svg, "text", { x: left - 10, y: y(0) + 4, "text-anchor": "end" }, "0");
  draw(svg, "text", { x: left - 10, y: y(most) + 4, "text-anchor": "end" }, most.toLocaleString("en"));
  draw(svg, "text", { x: left - 10, y: y(most / 2) + 4, "text-anchor": "end" }, "cost");
  draw(svg, "path", { d: `M${x(0)} ${y(0)}H${x(1)}`, stroke: colour("line") });
  draw(svg, "path", { d: steps.map((t, i) => `${i ? "L" : "M"}${x(t)} ${y(prices[i])}`).join(""), fill: "none", stroke: colour("ink"), "stroke-width": 2 });
  steps.forEach((t, i) => { if (prices[i] === cheapest) draw(svg, "circle", { cx: x(t), cy: y(prices[i]), r: 2.5, fill: colour("here") }); });
  draw(svg, "path", { d: `M${x(state.threshold)} 6V${y(0)}`, stroke: colour("here"), "stroke-width": 2 });
  for (const p of [0, 0.2, 0.4, 0.6, 0.8, 1]) draw(svg, "text", { x: x(p), y: 224, "text-anchor": "middle" }, p);
  draw(svg, "text", { x: x(0.5), y: 243, "text-anchor": "middle" }, "probability, threshold");
  if (!told.rows.length || document.documentElement.dataset.only === "line") return; // there is no message on the page
  draw(svg, "path", { d: `M${x(told.probability)} 70l-7 13h14z`, fill: colour("ink") });
  draw(svg, "text", { x: x(told.probability) + (told.probability > 0.5 ? -11 : 11), y: 82, "text-anchor": told.probability > 0.5 ? "end" : "start" }, "your message");
}

// ---------------------------------------------------------------------------------------------------------------------
// What zeros do

function drawPadding() {
  const wide = careless.limit, ids = careless.encode(state.text).ids.slice(0, wide);
  const ask = (n) => careless.probabilityOf(padded(ids, wide, n, state.side)), calm = careful.probabilityOf(careful.encode(state.text).ids.slice(0, wide));
  const moved = Array.from({ length: 81 }, (_, n) => ask(n)), now = moved[state.zeros], name = (p) => (p >= careless.threshold ? spam : ham);
  at("zeros-said").textContent = state.zeros;
  at("padded").textContent = `The careless network: ${show(moved[0])} without them, ${show(now)} with them` + (name(moved[0]) === name(now) ? `; it still says ${name(now)}.` : `. It said ${name(moved[0])}, and now it says ${name(now)}.`) + ` The careful one: ${show(calm)}, with or without.`;
  const places = at("places"), row = padded(ids.map((id) => id || 1), wide, state.zeros, state.side), all = wide + 80, size = (places.clientWidth || 300) / all;
  clear(places, null, 22, `${row.filter((id) => id).length} words, and ${row.filter((id) => !id).length} zeros`);
  row.forEach((id, i) => draw(places, "rect", { x: i * size, y: 4, width: Math.max(1, size - 1), height: 14, fill: id ? colour("ink") : colour("faint"), stroke: id ? "none" : colour("soft"), "stroke-width": 0.6 }));
  const svg = at("padding"), span = Math.max(300, svg.parentElement.clientWidth - 4), x = (n) => 40 + (n / 80) * (span - 60), y = (p) => 12 + (1 - p) * 130;
  clear(svg, span, 190, `Probability of ${spam} against zeros added: the careless network moves between ${show(Math.min(...moved))} and ${show(Math.max(...moved))}, the careful one stays at ${show(calm)}.`);
  for (const p of [0, 0.5, 1]) {
    draw(svg, "path", { d: `M${x(0)} ${y(p)}H${x(80)}`, stroke: colour("line") });
    draw(svg, "text", { x: 34, y: y(p) + 4, "text-anchor": "end" }, p);
  }
  for (const n of [0, 20, 40, 60, 80]) draw(svg, "text", { x: x(n), y: 160, "text-anchor": "middle" }, n);
  draw(svg, "text", { x: x(40), y: 180, "text-anchor": "middle" }, `zeros ${state.side === "front" ? "in front" : "behind"}`);
  draw(svg, "path", { d: `M${x(state.zeros)} ${y(1)}V${y(0)}`, stroke: colour("here"), "stroke-width": 2 });
  const curve = (values, options) => draw(svg, "path", { d: values.map((p, n) => `${n ? "L" : "M"}${x(n)} ${y(p)}`).join(""), fill: "none", ...options });
  for (const text of Object.values(EXAMPLES)) {
    if (text === state.text) continue;
    const others = careless.encode(text).ids.slice(0, wide);
    curve(moved.map((_, n) => careless.probabilityOf(padded(others, wide, n, state.side))), { stroke: colour("soft"), "stroke-width": 1, opacity: 0.6 });
  }
  curve([calm, ...new Array(80).fill(calm)], { stroke: colour("here"), "stroke-width": 2.5, "stroke-dasharray": "7 4" });
  curve(moved, { stroke: colour("ink"), "stroke-width": 3 });
  draw(svg, "circle", { cx: x(state.zeros), cy: y(now), r: 6, fill: colour("ink") });
}

// ---------------------------------------------------------------------------------------------------------------------
// Typing, pointing, sliding

function drawPlace() {
  drawNow();
  drawLine();
  drawBars();
  drawMind();
}

function drawAll() {
  fit();
  drawAnswer();
  drawPlace();
  drawTable();
  drawUnknown();
  drawThreshold();
  drawPadding();
}

function ask(text) {
  state.text = text;
  told = model.explain(text);
  state.place = told.ids.length;
  stop();
  drawAll();
}

function go(place) {
  state.place = Math.max(0, Math.min(told.ids.length, place));
  drawPlace();
  const box = at("scroll-words"), x = middle(state.place - 1);
  if (x < box.scrollLeft + LEFT || x > box.scrollLeft + box.clientWidth - column) box.scrollLeft = x - box.clientWidth / 2;
}

function stop() {
  clearInterval(running);
  running = null;
}

function run() {
  if (running) return stop(), drawNow();
  if (state.place === told.ids.length) state.place = 0;
  running = setInterval(() => {
    if (state.place + 1 >= told.ids.length) stop();
    go(state.place + 1);
  }, 450);
  go(state.place);
}

function pointed(event) {
  const box = event.currentTarget.getBoundingClientRect();
  return { place: Math.floor((event.clientX - box.left - LEFT) / column) + 1, row: Math.floor((event.clientY - box.top) / ROW) };
}

function build() {
  for (const [name, text] of Object.entries(EXAMPLES)) {
    const button = make("button", { type: "button" }, name);
    button.addEventListener("click", () => { at("message").value = text; ask(text); });
    at("examples").append(make("li", {}, button));
  }
  model.readers.forEach((reader, i) => {
    const choice = make("input", { type: "radio", name: "reader", value: i, ...(i ? {} : { checked: "" }) });
    choice.addEventListener("change", () => { state.reader = i; drawMind(); });
    const way = reader.backwards ? "reads from the last word to the first" : "reads from the first word to the last";
    at("readers").append(make("label", {}, choice, ` network ${i + 1}, which ${way}`));
  });
  if (model.readers[0].pooling === "last") document.querySelector(".pooling").textContent = "last state that is read";
  for (const [name, title, question] of MAPS) {
    const canvas = make("canvas", { role: "img", "data-name": name, "data-title": title, "aria-label": title });
    canvas.addEventListener("pointermove", (event) => {
      const { place, row } = pointed(event), mind = minds[place - 1], unit = order[row];
      if (mind && unit !== undefined) at("readout").textContent = `${title} of unit ${unit + 1} at “${short(told.rows[place - 1].word)}”: ${mind[name][unit].toFixed(2)}`;
    });
    at("maps").append(make("div", { class: "strip" }, make("p", { class: "caption" }, make("b", {}, title), `: ${question}`), canvas));
  }
  for (const one of document.querySelectorAll(".strip svg, .strip canvas")) {
    one.addEventListener("click", (event) => { if (told.ids.length) go(pointed(event).place); });
  }
}

// Another page may hold this one, or a part of it. The two tell each other how high it is, and whether it is night.
function settleIn() {
  const page = document.documentElement, wanted = () => location.hash.match(/^#only-(words|line|zeros)$/)?.[1];
  const show = () => { if (wanted()) page.dataset.only = wanted(); else delete page.dataset.only; };
  show();
  window.addEventListener("hashchange", () => { show(); drawAll(); });
  if (window.parent === window) return;
  window.addEventListener("message", ({ source, data: said }) => {
    if (source !== window.parent || !["light", "dark"].includes(said?.theme)) return;
    page.dataset.theme = said.theme;
    drawAll();
  });
  new ResizeObserver(() => window.parent.postMessage({ height: Math.ceil(document.querySelector("main").getBoundingClientRect().height) }, "*")).observe(document.querySelector("main"));
}

function listen() {
  let waiting = null;
  at("message").addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => ask(at("message").value), 150);
  });
  at("place").addEventListener("input", () => { stop(); go(Number(at("place").value)); });
  at("back").addEventListener("click", () => { stop(); go(state.place - 1); });
  at("on").addEventListener("click", () => { stop(); go(state.place + 1); });
  at("run").addEventListener("click", run);
  at("threshold").addEventListener("input", () => {
    state.threshold = Number(at("threshold").value);
    drawThreshold();
    drawAnswer();
    drawLine();
  });
  at("price").addEventListener("input", () => { state.price = Number(at("price").value); drawThreshold(); });
  at("zeros").addEventListener("input", () => { state.zeros = Number(at("zeros").value); drawPadding(); });
  for (const choice of document.querySelectorAll("input[name=side]")) choice.addEventListener("change", () => { state.side = choice.value; drawPadding(); });
  const both = [at("scroll-words"), at("scroll-mind")];
  both.forEach((box, i) => box.addEventListener("scroll", () => { both[1 - i].scrollLeft = box.scrollLeft; }));
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
  window.addEventListener("resize", drawAll);
}

settleIn();
build();
listen();
at("message").value = state.text;
ask(state.text);
