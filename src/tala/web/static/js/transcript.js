// The words, with what was understood marked in them. Spans count Unicode code points, so text is cut as such.

import { el } from "./page.js";

export const LOW_CONFIDENCE = 0.5;

/** Every span of facts with the field it speaks for. */
export function spansOf(facts) {
  const found = [];
  const add = (field, span) => {
    if (span && Number.isInteger(span.start) && Number.isInteger(span.end)) {
      found.push({ field, start: span.start, end: span.end, start_ms: span.start_ms, end_ms: span.end_ms });
    }
  };
  for (const field of ["agency", "location", "service", "incident_date", "respondent_description"]) add(field, facts[field]);
  for (const field of ["amounts", "people", "reference_numbers", "phones", "emails"]) {
    for (const item of facts[field]) add(field, item);
  }
  for (const category of facts.categories) for (const span of category.evidence) add("categories", span);
  for (const [field, spans] of Object.entries(facts.evidence)) for (const span of spans) add(field, span);
  return found;
}

/** Words of a transcript as spans of its text. */
function wordsOf(transcript) {
  const words = [];
  let position = 0;
  transcript.segments.forEach((segment, index) => {
    position += index ? 1 : 0;
    let inner = position;
    for (const word of segment.words) {
      const length = Array.from(word.text).length;
      words.push({ start: inner, end: inner + length, ...pick(word) });
      inner += length + 1;
    }
    position += Array.from(segment.text).length;
  });
  return words;
}

const pick = (word) => ({ start_ms: word.start_ms, end_ms: word.end_ms, low: word.confidence < LOW_CONFIDENCE });

/** Fill `box` with the text; answers {low, light(fields), follow(ms)}. `onSpan` gets the mark's fields and its times. */
export function showTranscript(box, transcript, facts, onSpan) {
  const text = Array.from(transcript.text);
  const spans = spansOf(facts);
  const words = wordsOf(transcript);
  const edges = new Set([0, text.length]);
  for (const span of [...spans, ...words]) {
    edges.add(span.start);
    edges.add(span.end);
  }
  const cuts = [...edges].filter((edge) => edge <= text.length).sort((a, b) => a - b);
  const nodes = [];
  const timed = [];
  let open = null;
  let low = false;
  let next = 0;
  for (let i = 0; i + 1 < cuts.length; i++) {
    const [start, end] = [cuts[i], cuts[i + 1]];
    const fields = [...new Set(spans.filter((s) => s.start <= start && end <= s.end).map((s) => s.field))];
    const key = fields.join(" ");
    while (next < words.length && words[next].end <= start) next++;
    const word = next < words.length && words[next].start <= start ? words[next] : null;
    let piece = text.slice(start, end).join("");
    if (word) {
      piece = el("span", { class: word.low ? "low" : undefined }, piece);
      timed.push({ node: piece, start: word.start_ms, end: word.end_ms });
      low ||= word.low;
    }
    if (!key) {
      open = null;
      nodes.push(piece);
    } else if (open?.key === key) {
      open.node.append(piece);
    } else {
      const times = spans.find((s) => s.start <= start && end <= s.end);
      open = { key, node: el("mark", { "data-fields": key, onclick: () => onSpan(fields, times) }, piece) };
      nodes.push(open.node);
    }
  }
  box.replaceChildren(...nodes);
  let playing = [];
  return {
    low,
    light(wanted) {
      let first = null;
      for (const mark of box.querySelectorAll("mark")) {
        const lit = mark.dataset.fields.split(" ").some((field) => wanted.includes(field));
        mark.classList.toggle("is-lit", lit);
        if (lit) first ??= mark;
      }
      if (first && box.scrollHeight > box.clientHeight) {
        box.scrollTop += first.getBoundingClientRect().top - box.getBoundingClientRect().top - box.clientHeight / 3;
      }
    },
    follow(ms) {
      for (const node of playing) node.classList.remove("is-playing");
      playing = timed.filter((word) => word.start <= ms && ms < word.end).map((word) => word.node);
      for (const node of playing) node.classList.add("is-playing");
    },
  };
}
