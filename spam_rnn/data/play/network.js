"use strict";
// What the page computes, without a browser: text → tokens → numbers → probability of spam, and why.
// It says what spam_rnn says in Python (text.py, models.py, explain.py); tests/test_play.py compares the two.
// A text is a list of code points here, for that is what a character is in Python; in JavaScript an emoji would be two.

const WORD = 1, SPACE = 2, DIGIT = 4, JOINS = 8, COMBINING = 16, CASED = 32, IGNORABLE = 64, UNASSIGNED = 128;
const SIGMA = 0x3a3, FINAL_SIGMA = 0x3c2, UNKNOWN = 1;

const codes = (text) => Array.from(text, (character) => character.codePointAt(0));

function written(points) {
  let text = "";
  for (let i = 0; i < points.length; i += 8192) text += String.fromCodePoint(...points.slice(i, i + 8192));
  return text;
}

// ---------------------------------------------------------------------------------------------------------------------
// Tables. Which characters are letters depends on the version of Unicode, and a browser's is not Python's.
// So Python was asked, and its answers stand in the page.

function makeAlphabet(tables) {
  const kinds = new Uint8Array(0x110000);
  const bits = { word: WORD, space: SPACE, digit: DIGIT, joins: JOINS, combining: COMBINING, cased: CASED, ignorable: IGNORABLE, unassigned: UNASSIGNED };
  for (const [name, bit] of Object.entries(bits)) {
    let at = 0; // runs of no, yes, no, yes …
    tables[name].forEach((length, turn) => {
      if (turn % 2) for (let i = at; i < at + length; i++) kinds[i] |= bit;
      at += length;
    });
  }
  const lower = new Map(tables.lower.map((pair) => [codes(pair)[0], codes(pair).slice(1)]));
  const numbered = new Map(Object.entries(tables.numbered).map(([number, text]) => [Number(number), text]));
  const named = new Map(Object.entries(tables.named));
  return { kinds, lower, numbered, named, punctuation: new Set(codes(tables.punctuation)) };
}

// ---------------------------------------------------------------------------------------------------------------------
// Normalising

const ENTITY = /&(#[0-9]+;?|#[xX][0-9a-fA-F]+;?|[^\t\n\f <&#;]{1,32};?)/gu;

function entity(alphabet, name) {
  if (name[0] === "#") {
    const isHex = name[1] === "x" || name[1] === "X";
    const number = parseInt(name.slice(isHex ? 2 : 1), isHex ? 16 : 10);
    if (alphabet.numbered.has(number)) return alphabet.numbered.get(number);
    return number > 0x10ffff || (number >= 0xd800 && number <= 0xdfff) ? "\ufffd" : String.fromCodePoint(number);
  }
  if (alphabet.named.has(name)) return alphabet.named.get(name);
  const characters = Array.from(name);
  for (let n = characters.length - 1; n > 1; n--) {
    const start = characters.slice(0, n).join("");
    if (alphabet.named.has(start)) return alphabet.named.get(start) + characters.slice(n).join("");
  }
  return "&" + name;
}

const unescape = (alphabet, text) => text.replace(ENTITY, (_, name) => entity(alphabet, name));

// The Greek Σ has two small forms, and the one at the end of a word is ς.
function isFinal(kinds, points, at) {
  let i = at - 1;
  while (i >= 0 && kinds[points[i]] & IGNORABLE) i--;
  if (i < 0 || !(kinds[points[i]] & CASED)) return false;
  i = at + 1;
  while (i < points.length && kinds[points[i]] & IGNORABLE) i++;
  return i === points.length || !(kinds[points[i]] & CASED);
}

function lowerCase({ kinds, lower }, points) {
  const found = [];
  points.forEach((point, i) => {
    if (point === SIGMA && isFinal(kinds, points, i)) found.push(FINAL_SIGMA);
    else if (lower.has(point)) found.push(...lower.get(point));
    else found.push(point);
  });
  return found;
}

// Unicode's canonical form. What Python does not know yet stays as it is, and nothing is joined across it.
function canonical({ kinds }, points) {
  const found = [];
  let start = 0;
  const close = (end) => {
    for (const character of written(points.slice(start, end)).normalize("NFC")) found.push(character.codePointAt(0));
  };
  for (let i = 0; i < points.length; i++) {
    if (kinds[points[i]] & UNASSIGNED) {
      close(i);
      found.push(points[i]);
      start = i + 1;
    }
  }
  close(points.length);
  return found;
}

function normalize(alphabet, options, text) {
  let points = codes(options.unescape ? unescape(alphabet, text) : text);
  if (options.lowercase) points = lowerCase(alphabet, points);
  const isDigit = (point) => alphabet.kinds[point] & DIGIT;
  if (options.digits === "shape") points = points.map((point) => (isDigit(point) ? 0x30 : point));
  if (options.digits === "delete") points = points.filter((point) => !isDigit(point));
  if (options.punctuation === "delete") points = points.filter((point) => !alphabet.punctuation.has(point));
  return canonical(alphabet, points);
}

// ---------------------------------------------------------------------------------------------------------------------
// Cutting into tokens: [token, where it starts]

function tokenize({ kinds }, options, points) {
  const isIn = (i, bits) => i < points.length && (kinds[points[i]] & bits) !== 0;
  const endOfWord = (i) => {
    while (isIn(i, WORD | JOINS)) i++;
    return i;
  };
  const found = [];
  let at = 0;
  while (at < points.length) {
    if (isIn(at, SPACE)) {
      at++;
      continue;
    }
    let end = at + 1, kept;
    if (options.punctuation === "delete") {
      while (end < points.length && !isIn(end, SPACE)) end++;
      kept = end;
    } else if (isIn(at, WORD)) {
      end = endOfWord(end);
      while ((points[end] === 0x27 || points[end] === 0x2019) && isIn(end + 1, WORD)) end = endOfWord(end + 1);
      kept = end;
    } else {
      while (points[end] === points[at]) end++; // a run of one mark, of which three are kept
      kept = Math.min(end, at + 3);
    }
    found.push([written(points.slice(at, kept)), at]);
    at = end;
  }
  return found;
}

// ---------------------------------------------------------------------------------------------------------------------
// The way back: what stands in the message for each token

const PART = /&(?:#\p{Nd}+;?|#[xX][0-9a-fA-F]+;?|[^\t\n\f <&#;]{1,32};?)|./gsu;

function parts(alphabet, options, text) {
  const found = [];
  for (const [part] of text.matchAll(PART)) {
    if (options.unescape && unescape(alphabet, part) !== part) {
      found.push(part);
      continue;
    }
    for (const character of part) {
      if (found.length && alphabet.kinds[character.codePointAt(0)] & COMBINING) found[found.length - 1] += character;
      else found.push(character);
    }
  }
  return found;
}

function asWritten(alphabet, options, text, read, tokens) {
  const points = codes(text), origin = [];
  let at = 0;
  for (const part of parts(alphabet, options, text)) {
    for (let n = normalize(alphabet, options, part).length; n > 0; n--) origin.push(at);
    at += codes(part).length;
  }
  if (origin.length !== read.length) return tokens.map(([token]) => token);
  const isBlank = (point) => alphabet.kinds[point] & SPACE;
  return tokens.map(([token, start], i) => {
    let from = origin[start];
    const end = i + 1 < tokens.length ? origin[tokens[i + 1][1]] : points.length;
    while (from < end && isBlank(points[from])) from++;
    let to = from;
    while (to < end && !isBlank(points[to])) to++;
    return written(points.slice(from, to)) || token;
  });
}

// ---------------------------------------------------------------------------------------------------------------------
// Weights: kept in 16 or 32 bits, as Python kept them

function fromHalf(bits) {
  const sign = bits & 0x8000 ? -1 : 1, exponent = (bits >> 10) & 31, fraction = bits & 1023;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : 2 ** -14 * (fraction / 1024));
}

function numbers(text, bits) {
  const raw = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const view = new DataView(raw.buffer), found = new Float64Array(raw.length / (bits / 8));
  for (let i = 0; i < found.length; i++) found[i] = bits === 16 ? fromHalf(view.getUint16(2 * i, true)) : view.getFloat32(4 * i, true);
  return found;
}

function makeReader(kept) {
  const size = kept.hidden, weights = {};
  for (const [name, text] of Object.entries(kept.weights)) weights[name] = numbers(text, kept.bits);
  const bias = weights.bias_ih.map((value, i) => value + weights.bias_hh[i]);
  return { size, width: kept.width, pooling: kept.pooling, backwards: kept.backwards, ...weights, bias, known: new Map() };
}

// ---------------------------------------------------------------------------------------------------------------------
// Reading

const sigmoid = (x) => 1 / (1 + Math.exp(-x));

// What a token's vector alone adds to the four gates; the same each time it is read.
function fromToken(reader, id) {
  if (!reader.known.has(id)) {
    const { width, embedding, weight_ih, bias } = reader, found = Float64Array.from(bias);
    for (let row = 0; row < found.length; row++) {
      for (let k = 0; k < width; k++) found[row] += weight_ih[row * width + k] * embedding[id * width + k];
    }
    reader.known.set(id, found);
  }
  return reader.known.get(id);
}

const begin = (reader) => ({ h: new Float64Array(reader.size), c: new Float64Array(reader.size), best: null });

// One token: chapter 6's lstm_step. Rows of the weights: input gate, forget gate, candidate, output gate.
// (Loops rather than lines of `map`: a long message takes sixty thousand steps.)
function step(reader, state, id) {
  const { size, weight_hh } = reader, sums = Float64Array.from(fromToken(reader, id)), before = state.h;
  for (let row = 0, at = 0; row < 4 * size; row++) {
    let sum = 0;
    for (let k = 0; k < size; k++, at++) sum += weight_hh[at] * before[k];
    sums[row] += sum;
  }
  const next = {};
  for (const name of ["i", "f", "g", "o", "c", "h", "best"]) next[name] = new Float64Array(size);
  const { i, f, g, o, c, h, best } = next;
  for (let u = 0; u < size; u++) {
    i[u] = sigmoid(sums[u]);
    f[u] = sigmoid(sums[size + u]);
    g[u] = Math.tanh(sums[2 * size + u]);
    o[u] = sigmoid(sums[3 * size + u]);
    c[u] = f[u] * state.c[u] + i[u] * g[u];
    h[u] = o[u] * Math.tanh(c[u]);
    best[u] = state.best ? Math.max(h[u], state.best[u]) : h[u];
  }
  return next;
}

function logit(reader, state) {
  const pooled = reader.pooling === "max" ? state.best : state.h;
  let sum = reader.output_bias[0];
  if (pooled) pooled.forEach((value, u) => (sum += value * reader.output[u]));
  return sum;
}

// All states of a message, in the order in which this network reads it; the first is the one before any token.
function read(reader, ids) {
  const order = reader.backwards ? ids.slice().reverse() : ids, states = [begin(reader)];
  for (const id of order) states.push(step(reader, states[states.length - 1], id));
  return states;
}

const answer = (reader, ids) => logit(reader, read(reader, ids).pop());

// The logit after 0, 1, 2 … tokens of the message. Who reads from the end begins anew each time.
function prefixes(reader, ids) {
  if (!reader.backwards) return read(reader, ids).map((state) => logit(reader, state));
  return [0, ...ids].map((_, n) => answer(reader, ids.slice(0, n)));
}

// The logit with <unk> in the place of each token; what was read before it need not be read again.
function covered(reader, ids) {
  const order = reader.backwards ? ids.slice().reverse() : ids, states = read(reader, ids);
  return ids.map((id, at) => {
    const place = reader.backwards ? ids.length - 1 - at : at;
    let state = step(reader, states[place], UNKNOWN);
    for (let i = place + 1; i < order.length; i++) state = step(reader, state, order[i]);
    return logit(reader, state);
  });
}

const mean = (lists) => lists[0].map((_, i) => lists.reduce((sum, list) => sum + list[i], 0) / lists.length);

// ---------------------------------------------------------------------------------------------------------------------
// A model: an encoder, networks whose logits are averaged, and a threshold

function makeModel(alphabet, kept) {
  const options = kept.encoder, readers = kept.readers.map(makeReader);
  const ids = new Map(kept.vocabulary.map((token, i) => [token, i + 2])); // 0 is padding, 1 is <unk>
  const limit = options.max_length ?? Infinity;
  const number = (token) => ids.get(token) ?? UNKNOWN;

  function encode(text) {
    const points = normalize(alphabet, options, text), tokens = tokenize(alphabet, options, points);
    return { points, tokens, ids: tokens.map(([token]) => number(token)) };
  }

  const probability = (text) => probabilityOf(encode(text).ids.slice(0, limit));
  const probabilityOf = (numbers) => sigmoid(mean(readers.map((reader) => [answer(reader, numbers)]))[0]);

  // Chapter 10: the probability after each token, and what each contributes to the log-odds.
  function explain(text) {
    const { points, tokens, ids: all } = encode(text), seen = all.slice(0, limit);
    const words = asWritten(alphabet, options, text, points, tokens);
    const after = mean(readers.map((reader) => prefixes(reader, seen)));
    const without = seen.length ? mean(readers.map((reader) => covered(reader, seen))) : [];
    const full = after[after.length - 1];
    const rows = tokens.map(([token], i) => ({
      word: words[i], token, id: all[i], known: all[i] !== UNKNOWN, read: i < seen.length,
      probability: sigmoid(after[Math.min(i + 1, seen.length)]),
      contribution: i < seen.length && all[i] !== UNKNOWN ? full - without[i] : 0,
    }));
    return { rows, ids: seen, start: sigmoid(after[0]), probability: sigmoid(full) };
  }

  return { encode, explain, probability, probabilityOf, readers, limit, threshold: kept.threshold, tokens: kept.vocabulary };
}

// As the careless network is asked: a row of a table, with zeros around the message.
function padded(ids, wide, more, side) {
  const kept = ids.slice(0, wide), zeros = (n) => new Array(Math.max(0, n)).fill(0), row = [...zeros(wide - kept.length), ...kept];
  return side === "front" ? [...zeros(more), ...row] : [...row, ...zeros(more)];
}

// ---------------------------------------------------------------------------------------------------------------------
// Where to draw the line: the four counts, and what the two kinds of error cost

function counts(test, threshold) {
  const from = (list) => list.filter((probability) => probability >= threshold).length;
  const caught = from(test.spam), blocked = from(test.ham);
  return { caught, missed: test.spam.length - caught, blocked, arrived: test.ham.length - blocked };
}

const cost = (test, threshold, price) => counts(test, threshold).missed + price * counts(test, threshold).blocked;

// What becomes of the answer if the network does not know its strongest word: two probabilities, as the page shows them.
function ifUnknown(without, now) {
  if (without === now) return `Even if the network did not know it, the probability would hardly change: it would still be ${now}.`;
  return `If the network did not know it, the probability would be ${without} rather than ${now}.`;
}

globalThis.spamRnn = { makeAlphabet, makeModel, normalize, tokenize, read, padded, counts, cost, ifUnknown, written };
