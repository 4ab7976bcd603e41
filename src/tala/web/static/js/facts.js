// The form: each fact with the words it came from, its sureness, and a way to correct it.

import { call } from "./api.js";
import { categories, el, format, icon, t } from "./page.js";
import { LOW_CONFIDENCE } from "./transcript.js";

const nameOf = Object.fromEntries(categories.map((category) => [category.code, category.name]));
const known = new Map();

async function reference(name) {
  if (!known.has(name)) known.set(name, call("GET", `/api/v1/reference/${name}`).then(({ data }) => data.items));
  return known.get(name);
}

const one = (value, text, more) => (value ? [{ text: text(value), span: value, more: more?.(value), entered: value.entered_by }] : []);

const people = (role) => ({
  read: (facts) => facts.people.filter((p) => p.role === role).map((p) => ({ text: p.name, span: p, entered: p.entered_by })),
  edit: (facts) =>
    listEditor(
      facts.people.filter((p) => p.role === role),
      (p) => [textInput(t("field.name"), p?.name ?? "")],
      ([name], old) => (name.value.trim() ? (old?.name === name.value.trim() ? old : { name: name.value.trim(), role }) : null),
      (items) => ({ people: [...facts.people.filter((p) => p.role !== role), ...items] }),
    ),
});

const values = (field, type) => ({
  read: (facts) => facts[field].map((v) => ({ text: v.value, span: v, entered: v.entered_by })),
  edit: (facts) =>
    listEditor(
      facts[field],
      (v) => [textInput(t("field.number"), v?.value ?? "", type)],
      ([input], old) => {
        const value = input.value.trim();
        if (!value) return null;
        if (old?.value === value) return old;
        return field === "reference_numbers" ? { value, kind: old?.kind ?? "other" } : { value };
      },
      (items) => ({ [field]: items }),
    ),
});

const flag = (field) => ({
  // "No" is shown in the form, where it can be changed, but is no news while speaking.
  read: (facts) => [{ text: t(facts[field] ? "field.yes" : "field.no"), span: facts.evidence[field]?.[0], silent: !facts[field] }],
  edit: (facts) => {
    const box = el("input", { type: "checkbox", checked: facts[field] });
    return {
      nodes: [el("label", { class: "choice" }, box, el("span", {}, t(`field.${field}`)))],
      patch: () => ({ [field]: box.checked }),
    };
  },
});

/** The fields of the form, in the order in which people tell them. `missing` names them in `facts.missing`. */
const FIELDS = [
  {
    id: "categories", missing: ["category", "categories"],
    read: (facts) =>
      facts.categories.map((c) => ({ text: nameOf[c.code] ?? c.code, span: c.evidence[0], score: c.score, entered: c.entered_by })),
    edit: (facts) => {
      const select = el("select", { "aria-label": t("field.categories") },
        el("option", { value: "" }, "—"),
        categories.map((c) => el("option", { value: c.code, selected: facts.categories[0]?.code === c.code }, c.name)));
      return {
        nodes: [select],
        patch: () => {
          const chosen = facts.categories.find((c) => c.code === select.value) ?? { code: select.value, score: 1, evidence: [] };
          const rest = facts.categories.slice(1).filter((c) => c.code !== select.value);
          return { categories: select.value ? [chosen, ...rest] : [] };
        },
      };
    },
  },
  {
    id: "agency", missing: ["agency"],
    read: (facts) => one(facts.agency, (a) => (a.name && a.name !== a.code ? `${a.code} · ${a.name}` : a.code)),
    edit: (facts) => {
      const input = textInput(t("field.agency"), facts.agency?.code ?? "");
      const list = el("datalist", { id: "agency-list" });
      input.setAttribute("list", list.id);
      reference("agencies").then((items) => list.replaceChildren(...items.map((a) => el("option", { value: a.code }, a.name))), () => {});
      return {
        nodes: [el("p", { class: "hint" }, t("field.agency_hint")), input, list],
        patch: async () => {
          const value = input.value.trim();
          if (!value) return { agency: null };
          const items = await reference("agencies").catch(() => []);
          const same = (text) => text.toLowerCase() === value.toLowerCase();
          const found = items.find((a) => same(a.code) || same(a.name));
          return { agency: found ? { code: found.code, name: found.name } : { code: value, name: value } };
        },
      };
    },
  },
  {
    id: "location", missing: ["location"],
    read: (facts) => one(facts.location, (l) => l.name ?? l.text ?? "?", (l) => l.barangay),
    edit: (facts) => {
      const input = textInput(t("field.location"), facts.location?.name ?? "");
      const list = el("datalist", { id: "place-list" });
      input.setAttribute("list", list.id);
      let found = [];
      let waiting;
      const search = async () => {
        if (input.value.trim().length < 2) return;
        const query = encodeURIComponent(input.value.trim().slice(0, 60));
        const { data } = await call("GET", `/api/v1/reference/places?q=${query}`).catch(() => ({ data: { items: [] } }));
        found = data.items;
        list.replaceChildren(...found.map((p) => el("option", { value: p.label })));
      };
      input.addEventListener("input", () => {
        clearTimeout(waiting);
        waiting = setTimeout(search, 180);
      });
      return {
        nodes: [el("p", { class: "hint" }, t("field.location_hint")), input, list],
        patch: async () => {
          const value = input.value.trim();
          if (!value) return { location: null };
          if (value === facts.location?.name) return {};
          clearTimeout(waiting);
          await search();
          const same = (text) => text.toLowerCase() === value.toLowerCase();
          const place = found.find((p) => same(p.label)) ?? found.find((p) => same(p.name)) ?? (found.length === 1 ? found[0] : null);
          if (!place) throw new Error(t("field.location_hint"));
          return { location: { psgc: place.psgc, name: place.name } };
        },
      };
    },
  },
  {
    id: "incident_date", missing: ["incident_date"],
    read: (facts) => one(facts.incident_date, (d) => format.day(d.date)),
    edit: (facts) => {
      const input = el("input", { type: "date", value: facts.incident_date?.date ?? "", max: today(), "aria-label": t("field.date_hint") });
      return { nodes: [input], patch: () => ({ incident_date: input.value ? { date: input.value, kind: facts.incident_date?.kind ?? "incident" } : null }) };
    },
  },
  {
    id: "service", missing: ["service"],
    read: (facts) => one(facts.service, (s) => s.text ?? ""),
    edit: (facts) => {
      const input = textInput(t("field.service"), facts.service?.text ?? "");
      return { nodes: [input], patch: () => ({ service: input.value.trim() ? { text: input.value.trim() } : null }) };
    },
  },
  {
    id: "amounts", missing: ["amount", "amounts"],
    read: (facts) =>
      facts.amounts.map((a) => ({ text: format.peso(a.php), span: a, note: a.improper ? t("field.improper") : null, entered: a.entered_by })),
    edit: (facts) =>
      listEditor(
        facts.amounts,
        (a) => [
          el("input", { type: "number", min: "0", step: "0.01", inputmode: "decimal", value: a ? String(a.php) : "", "aria-label": t("field.amount") }),
          el("label", { class: "choice" }, el("input", { type: "checkbox", checked: a ? a.improper : true }), el("span", {}, t("field.improper"))),
        ],
        ([input, label], old) => {
          const php = Number.parseFloat(input.value);
          if (!Number.isFinite(php)) return null;
          const improper = label.firstElementChild.checked;
          return old && old.php === php && old.improper === improper ? old : { php, improper };
        },
        (items) => ({ amounts: items }),
      ),
  },
  { id: "respondent", missing: ["respondent"], ...people("respondent"), spans: ["people"] },
  {
    id: "position", missing: [], spans: ["respondent_description"],
    read: (facts) => one(facts.respondent_description, (r) => r.position ?? r.text ?? ""),
    edit: (facts) => {
      const input = textInput(t("field.position"), facts.respondent_description?.position ?? facts.respondent_description?.text ?? "");
      return { nodes: [input], patch: () => ({ respondent_description: input.value.trim() ? { position: input.value.trim() } : null }) };
    },
  },
  { id: "reference_numbers", missing: ["reference_numbers"], ...values("reference_numbers", "text") },
  { id: "complainant", missing: ["complainant"], ...people("complainant"), spans: ["people"] },
  { id: "phones", missing: ["contact", "phones"], ...values("phones", "tel") },
  { id: "emails", missing: ["emails"], ...values("emails", "email") },
  { id: "others", missing: [], ...people("other"), spans: ["people"] },
  { id: "wants_anonymity", missing: [], ...flag("wants_anonymity") },
  { id: "wants_callback", missing: [], ...flag("wants_callback") },
];

/** Each field with what is known of it and whether it is wanted; `facts` may be null. */
export function readFacts(facts, missing) {
  return FIELDS.map((field) => ({
    field: field.id,
    items: facts ? field.read(facts).filter((item) => item.text && !item.silent) : [],
    wanted: field.missing.some((name) => missing.includes(name)),
  }));
}

/** Whether a person should look at what was understood. */
export const unsureOf = (items) =>
  items.some((item) => !item.entered && ((item.span?.confidence ?? 1) < LOW_CONFIDENCE || (item.score ?? 1) < 0.5));

function today() {
  return new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Manila" }).format(new Date());
}

function textInput(label, value, type = "text") {
  return el("input", { type, value, "aria-label": label, maxlength: "300", autocomplete: "off" });
}

/** Rows that can be added to and removed. `make` builds the inputs of a row, `readRow` its value or null. */
function listEditor(items, make, readRow, toPatch) {
  const rows = [];
  const box = el("div", { class: "items" });
  const addRow = (item) => {
    const inputs = make(item);
    const row = { inputs, item };
    const remove = el("button", { type: "button", class: "icon-button", "aria-label": t("review.remove"), onclick: () => {
      rows.splice(rows.indexOf(row), 1);
      node.remove();
    } }, icon("close"));
    const node = el("div", { class: "item" }, inputs, remove);
    rows.push(row);
    box.append(node);
    return inputs[0];
  };
  items.forEach(addRow);
  if (!items.length) addRow(null);
  const add = el("button", { type: "button", class: "text-button", onclick: () => addRow(null).focus() }, t("review.add"));
  return { nodes: [box, add], patch: () => toPatch(rows.map((row) => readRow(row.inputs, row.item)).filter(Boolean)) };
}

/** Fill the form. `save(patch)` sends a correction, `hear(span)` plays it, `show(fields)` lights words. */
export function showFacts(list, more, draft, { save, hear, show, spoken }) {
  const { facts, missing } = draft;
  list.replaceChildren();
  more.replaceChildren();
  for (const field of FIELDS) {
    const items = field.read(facts);
    const wanted = field.missing.some((name) => missing.includes(name));
    if (items.length || wanted) list.append(rowOf(field, items, wanted && !items.length));
    else more.append(el("button", { type: "button", class: "button button--small", "data-add": field.id, onclick: (event) => {
      const row = rowOf(field, items, false);
      list.append(row);
      event.currentTarget.remove();
      row.querySelector(".text-button").click();
    } }, `+ ${t(`field.${field.id}`)}`));
  }
  more.hidden = !more.children.length;

  function rowOf(field, items, lacking) {
    const label = t(`field.${field.id}`);
    const unsure = unsureOf(items);
    const value = el("dd", {});
    for (const item of items) {
      value.append(el("div", {},
        el("span", { class: "fact__value" }, item.text),
        item.note ? [" ", el("span", { class: "badge badge--warn" }, item.note)] : null,
        item.more ? el("span", { class: "fact__more" }, ` ${item.more}`) : null,
        item.entered ? [" ", el("span", { class: "badge badge--brand" }, t("review.entered"))] : null,
        quote(item, label)));
    }
    if (!items.length) value.append(el("span", { class: "fact__value is-none" }, t("review.none")));
    const change = el("button", {
      type: "button", class: "text-button", "aria-label": t(items.length ? "review.change_field" : "review.add_field", { field: label }),
    }, t(items.length ? "review.change" : "review.add"));
    const row = el("div", { class: "fact", "data-field": field.id },
      el("dt", {}, label,
        lacking ? el("span", { class: "badge badge--warn" }, t("review.lacking")) : null,
        unsure ? el("span", { class: "badge badge--warn" }, t("review.unsure")) : null),
      value, el("dd", { class: "fact__actions" }, change));
    change.addEventListener("click", () => openEditor(row, field, facts, label, change, save));
    row.addEventListener("mouseenter", () => show(field.spans ?? [field.id]));
    row.addEventListener("focusin", () => show(field.spans ?? [field.id]));
    return row;
  }

  function quote(item, label) {
    const words = item.span?.text;
    if (!words || item.entered || item.span.start === null || item.span.start === undefined) return null;
    return el("div", { class: "quote" },
      el("span", {}, spoken ? t("review.heard") : t("review.wrote")), el("q", {}, words),
      spoken && Number.isInteger(item.span.start_ms)
        ? el("button", { type: "button", class: "icon-button", "aria-label": t("review.play_fact", { field: label }), onclick: () => hear(item.span) }, icon("play"))
        : null);
  }
}

function openEditor(row, field, facts, label, change, save) {
  if (row.querySelector(".fact__editor")) return;
  const editor = field.edit(facts);
  const problem = el("p", { class: "error", role: "alert", hidden: true });
  const close = () => {
    form.parentElement.remove();
    change.hidden = false;
    change.focus();
  };
  const form = el("form", { class: "stack stack--tight", "aria-label": label, novalidate: true }, editor.nodes, problem,
    el("div", { class: "row" },
      el("button", { class: "button button--primary button--small" }, t("review.save")),
      el("button", { type: "button", class: "button button--small", onclick: close }, t("review.cancel"))));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      const patch = await editor.patch();
      if (Object.keys(patch).length) await save(patch, label, field.id);
      else close();
    } catch (error) {
      problem.textContent = error.message;
      problem.hidden = false;
    }
  });
  form.addEventListener("keydown", (event) => event.key === "Escape" && close());
  row.append(el("dd", { class: "fact__editor" }, form));
  change.hidden = true;
  form.querySelector("input, select, textarea")?.focus();
}
