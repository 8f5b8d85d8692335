// What lies on the map: half discs for flows, diamonds for third places.
const filter = { OFFER: true, DEMAND: true, places: true, family: "*", type: "*" };
let markers = [];
let chosen = null;

/** The markers that the filter lets through, largest first so that small ones lie on top. */
function filtered() {
  const kept = [];
  for (const point of data.map.flows.points) {
    const sums = point.sums.filter(([direction, family]) =>
      filter[direction] && (filter.family === "*" || filter.family === family));
    const count = (direction) => sums.reduce((total, s) => total + (s[0] === direction ? s[2] : 0), 0);
    if (sums.length) {
      kept.push({ kind: "flows", at: point.at, name: point.name, sums, offers: count("OFFER"), demands: count("DEMAND") });
    }
  }
  kept.sort((a, b) => b.offers + b.demands - a.offers - a.demands);
  if (filter.places) {
    for (const [latitude, longitude, name, type, locality, url] of data.map.places.points) {
      if (filter.type === "*" || filter.type === type) {
        kept.push({ kind: "place", at: [latitude, longitude], name, type, locality, url });
      }
    }
  }
  return kept;
}

/** The area grows with the number of flows; a phone's small map gets smaller marks until it is zoomed. */
const radius = (flows) => (flows ? Math.min(17, 3.2 + 1.75 * Math.sqrt(flows)) * (view.width < 520 ? 0.75 : 1) : 0);
const typeName = (code) => said(data.labels.third_place_type[code]) || code;
const familyName = (code) => (code ? said(data.labels.material_family[code]) || code : t("unassigned"));

function summary(marker) {
  if (marker.kind === "place") return `${marker.name} · ${typeName(marker.type)}${marker.locality ? ` · ${marker.locality}` : ""}`;
  const parts = [];
  if (marker.offers) parts.push(`${t("offers")}: ${number(marker.offers)}`);
  if (marker.demands) parts.push(`${t("demands")}: ${number(marker.demands)}`);
  return `${marker.name || t("no_place_name")} · ${parts.join(" · ")}`;
}

function drawMarker(marker) {
  const a = radius(marker.offers);
  const b = radius(marker.demands);
  const d = view.width < 520 ? 4 : 5.5;
  const shape = marker.kind === "place"
    ? [svg("path", { class: "m-place", d: `M0 ${-d} ${d} 0 0 ${d} ${-d} 0z` })]
    : [a && svg("path", { class: "m-offer", d: `M0 ${-a}A${a} ${a} 0 0 0 0 ${a}z` }),
      b && svg("path", { class: "m-demand", d: `M0 ${-b}A${b} ${b} 0 0 1 0 ${b}z` })];
  const size = Math.max(a, b, d) + 3;
  return svg("g", { class: "marker", role: "button", tabindex: "-1", "aria-label": summary(marker) },
    svg("circle", { class: "hit", r: Math.max(9, size) }), shape.filter(Boolean), svg("circle", { class: "ring", r: size }));
}

/** The chosen marker in the panel. */
function detail() {
  const box = byId("detail");
  if (!chosen) {
    box.replaceChildren(el("p", { class: "empty" }, t("pick")));
    return;
  }
  if (chosen.kind === "place") {
    box.replaceChildren(
      el("h3", {}, chosen.name), el("p", {}, typeName(chosen.type)), chosen.locality ? el("p", {}, chosen.locality) : "",
      chosen.url ? el("p", {}, el("a", { href: chosen.url, rel: "noopener noreferrer nofollow" }, t("website"))) : "");
    return;
  }
  const list = (direction, key) => {
    const sums = chosen.sums.filter((s) => s[0] === direction);
    if (!sums.length) return [];
    const materials = [...new Set(sums.flatMap((s) => s[4]))].slice(0, 4);
    return [
      el("p", {}, el("strong", {}, `${t(key)}: ${number(sums.reduce((total, s) => total + s[2], 0))}`)),
      el("ul", {}, sums.map((s) => el("li", {}, `${familyName(s[1])}: ${number(s[2])}${s[3] ? ` (${tonnes(s[3])} t)` : ""}`))),
      el("p", { class: "small" }, `${t("among")}: ${materials.join(", ")}`),
    ];
  };
  box.replaceChildren(el("h3", {}, chosen.name || t("no_place_name")), ...list("OFFER", "offers"), ...list("DEMAND", "demands"));
}

function showTip(marker) {
  const tip = byId("tip");
  const [x, y] = onScreen(project(marker.at));
  tip.textContent = summary(marker);
  tip.hidden = false;
  const wide = tip.offsetWidth;
  tip.style.left = `${Math.max(4, Math.min(view.width - wide - 4, x - wide / 2))}px`;
  tip.style.top = `${y > 70 ? y - tip.offsetHeight - 14 : y + 18}px`;
}
const hideTip = () => { byId("tip").hidden = true; };

/** Nearest marker in the direction of an arrow key; steps sideways cost double. */
function neighbour(from, [dx, dy]) {
  const [x, y] = project(from.at);
  let [best, least] = [null, Infinity];
  for (const other of markers) {
    const [ox, oy] = project(other.at);
    const along = (ox - x) * dx + (oy - y) * dy;
    const aside = Math.abs((ox - x) * dy) + Math.abs((oy - y) * dx);
    if (along > 0.01 && along + 2 * aside < least) [best, least] = [other, along + 2 * aside];
  }
  return best;
}

function choose(marker) {
  for (const other of markers) other.node.classList.toggle("chosen", other === marker);
  chosen = marker;
  detail();
}

function focusOn(marker) {
  const [x, y] = onScreen(project(marker.at));
  if (x < 20 || y < 20 || x > view.width - 20 || y > view.height - 20) {
    view.x += view.width / 2 - x;
    view.y += view.height / 2 - y;
    keepInReach();
    place();
  }
  for (const other of markers) other.node.setAttribute("tabindex", other === marker ? "0" : "-1");
  marker.node.focus({ preventScroll: true });
}

function shownText() {
  const flows = markers.reduce((total, m) => total + (m.offers || 0) + (m.demands || 0), 0);
  const spots = markers.filter((m) => m.kind === "place").length;
  byId("shown").replaceChildren(
    t("shown_flows", { n: number(flows), total: number(data.map.flows.total) }), el("br"),
    t("shown_places", { n: number(spots), total: number(data.map.places.total) }));
}

const TABLE_ROWS = 300;
function mapTable() {
  const box = byId("map-table");
  if (!box.open) return;
  const rows = markers.slice(0, TABLE_ROWS);
  box.lastElementChild.replaceChildren(
    el("p", { class: "small" }, t("rows_shown", { n: number(rows.length), total: number(markers.length) })),
    table(t("map_table"), [
      { label: t("municipality"), value: (m) => (m.kind === "place" ? m.locality : m.name) || t("unknown"), header: true },
      { label: t("offers"), value: (m) => (m.offers ? number(m.offers) : ""), number: true },
      { label: t("demands"), value: (m) => (m.demands ? number(m.demands) : ""), number: true },
      { label: t("places"), value: (m) => (m.kind === "place" ? `${m.name} (${typeName(m.type)})` : "") },
    ], rows));
}
