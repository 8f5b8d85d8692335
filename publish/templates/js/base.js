// Small helpers. Text reaches the page through textContent and attributes only, never as markup.
const { data, strings } = JSON.parse(document.getElementById("data").textContent);
const LANGUAGES = ["fr", "it", "en"];
const LOCALES = { fr: "fr-FR", it: "it-IT", en: "en-GB" };
const SVG = "http://www.w3.org/2000/svg";
let language = "fr";

const byId = (id) => document.getElementById(id);

/** The text of a key in the language shown, with {name} filled in. */
function t(key, values = {}) {
  const text = strings[key][language];
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? values[name] : whole));
}

/** A label from {fr, it, en}. */
const said = (label) => (label ? label[language] : "");

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  for (const child of children.flat()) {
    if (child !== null && child !== undefined && child !== false) node.append(child);
  }
  return node;
}
const el = (tag, attributes = {}, ...children) => fill(document.createElement(tag), attributes, children);
const svg = (tag, attributes = {}, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);

const formats = new Map();
function formatter(options) {
  const key = language + JSON.stringify(options);
  // Italian leaves four-digit numbers without a separator; in columns of numbers they are easier to read with one.
  if (!formats.has(key)) formats.set(key, new Intl.NumberFormat(LOCALES[language], { useGrouping: "always", ...options }));
  return formats.get(key);
}
const number = (value, digits = 0) => formatter({ maximumFractionDigits: digits }).format(value);
const tonnes = (value) => (value === null ? "" : number(value, value < 100 ? 1 : 0));
const euros = (value) => (value === null ? "" : formatter({ style: "currency", currency: "EUR" }).format(value));
const eurosShort = (value) =>
  formatter({ style: "currency", currency: "EUR", maximumFractionDigits: 0 }).format(value);
const eurosRound = (value) =>
  value < 1e6 ? eurosShort(value)
    : formatter({ style: "currency", currency: "EUR", notation: "compact", maximumFractionDigits: 2 }).format(value);
const percent = (value) => formatter({ style: "percent", maximumFractionDigits: 0 }).format(value);
const bytes = (value) =>
  value < 1e6 ? formatter({ style: "unit", unit: "kilobyte", maximumFractionDigits: 0 }).format(Math.ceil(value / 1e3))
    : formatter({ style: "unit", unit: "megabyte", maximumFractionDigits: 1 }).format(value / 1e6);
function moment(iso, withTime = true) {
  const options = { dateStyle: "long", timeZone: "Europe/Rome" };
  if (withTime) options.timeStyle = "short";
  return new Intl.DateTimeFormat(LOCALES[language], options).format(new Date(iso));
}
const sum = (rows, key) => rows.reduce((total, row) => total + (row[key] || 0), 0);
