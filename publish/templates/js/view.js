// The map's ground and its zoom and pan. No tiles: municipality centres, lines, names.
const view = { k: 1, x: 0, y: 0, width: 0, height: 0, base: null };
const MOST_ZOOM = 40;
const east = (() => {
  // East-west distances shrink with the latitude of the Alps.
  const all = Object.values(data.map.ground).flatMap(points);
  const mean = all.reduce((total, p) => total + p[0], 0) / (all.length || 1);
  return Math.cos((mean / 1e4) * Math.PI / 180);
})();

/** Points from a list of differences of ten-thousandths of a degree. */
function points(flat) {
  const read = [];
  let [latitude, longitude] = [0, 0];
  for (let i = 0; i < flat.length; i += 2) {
    latitude += flat[i];
    longitude += flat[i + 1];
    read.push([latitude, longitude]);
  }
  return read;
}

function bounds() {
  const all = Object.values(data.map.ground).flatMap(points);
  const used = all.length ? all : data.map.flows.points.map((p) => p.at);
  if (!used.length) return { south: 434000, north: 466000, west: 54000, east: 86000 };
  const latitudes = used.map((p) => p[0]);
  const longitudes = used.map((p) => p[1]);
  return {
    south: Math.min(...latitudes), north: Math.max(...latitudes), west: Math.min(...longitudes), east: Math.max(...longitudes),
  };
}

/** Fits the frame into the stage; afterwards project() gives pixels at zoom 1. */
function fit(width) {
  const frame = bounds();
  const pad = 22;
  const w = (frame.east - frame.west) * east || 1;
  const h = frame.north - frame.south || 1;
  view.width = width;
  view.height = Math.round(Math.min(Math.max(380, width * (h / w) * 0.96), 820));
  const scale = Math.min((width - 2 * pad) / w, (view.height - 2 * pad) / h);
  view.base = { ...frame, scale, left: (width - w * scale) / 2, top: (view.height - h * scale) / 2 };
}
const project = ([latitude, longitude]) => [
  view.base.left + (longitude - view.base.west) * east * view.base.scale,
  view.base.top + (view.base.north - latitude) * view.base.scale,
];
const onScreen = ([x, y]) => [x * view.k + view.x, y * view.k + view.y];

const short = (value) => Math.round(value * 10) / 10;
const line = (list) => list.map((p, i) => `${i ? "L" : "M"}${project(p).map(short).join(" ")}`).join("");

/** Everything that zooms as one drawing; widths stay the same in pixels. */
function ground() {
  const steady = { "vector-effect": "non-scaling-stroke" };
  const dots = Object.entries(data.map.ground).map(([country, flat]) =>
    svg("path", { class: `ground g-${country}`, ...steady, d: points(flat).map((p) => `M${project(p).map(short).join(" ")}h0`).join("") }));
  const limits = svg("path", { class: "limit", ...steady, d: data.map.limits.map((flat) => line(points(flat))).join("") });
  const frontier = svg("path", { class: "frontier", ...steady, d: data.map.border.map((flat) => line(points(flat))).join("") });
  return svg("g", { id: "ground", "aria-hidden": "true" }, limits, dots, frontier);
}

/** Names of countries, cities and passes that do not run into each other at this zoom. */
function names() {
  const taken = [];
  const free = (box) => !taken.some((b) => box[0] < b[2] && box[2] > b[0] && box[1] < b[3] && box[3] > b[1]);
  const group = svg("g", { class: "names", "aria-hidden": "true" });
  const put = (at, label, kind, size, rank, mark) => {
    const [x, y] = onScreen(project(at));
    if (x < 0 || y < 0 || x > view.width || y > view.height) return;
    const length = label.length * size * 0.56;
    for (const [dx, anchor] of [[8, "start"], [-8, "end"]]) {
      const start = anchor === "start" ? x + dx : x + dx - length;
      const box = [start - 2, y - size * 0.75, start + length + 2, y + size * 0.5];
      if (!free(box) || box[0] < 2 || box[2] > view.width - 2) continue;
      taken.push(box, [x - 5, y - 5, x + 5, y + 5]);
      group.append(mark(x, y), svg("text", { class: `${kind} r${rank}`, x: x + dx, y: y + size * 0.35, "text-anchor": anchor }, label));
      return;
    }
    if (kind === "pass") group.append(mark(x, y));
  };
  const dot = (x, y) => svg("circle", { class: "citydot", cx: x, cy: y, r: 2.4 });
  const arch = (x, y) => svg("path", { class: "passmark", d: `M${x - 4.5} ${y + 4}v-4a4.5 4.5 0 0 1 9 0v4z` });
  const saddle = (closed) => (x, y) =>
    svg("path", { class: closed ? "passmark winter" : "passmark", d: `M${x - 5} ${y - 4}Q${x} ${y + 8} ${x + 5} ${y - 4}z` });
  const cities = [...data.map.cities].sort((a, b) => a.rank - b.rank);
  const upTo = view.k < 1.4 && view.width < 520 ? 1 : view.k < 1.6 ? 2 : 3;
  for (const c of cities.filter((city) => city.rank === 1)) put(c.at, said(c.label), "city", 14, 1, dot);
  for (const c of cities.filter((city) => city.rank === 2 && city.rank <= upTo)) put(c.at, said(c.label), "city", 12, 2, dot);
  for (const p of data.map.passes) {
    const label = view.width < 520 && view.k < 1.4 ? "" : said(p.label);
    put(p.at, label, "pass", 11.5, 2, p.kind.endsWith("tunnel") ? arch : saddle(p.winter));
  }
  for (const c of cities.filter((city) => city.rank === 3 && city.rank <= upTo)) put(c.at, said(c.label), "city", 12, c.rank, dot);
  for (const [country, flat] of Object.entries(data.map.ground)) {
    const all = points(flat).map(project);
    const middle = [0, 1].map((i) => all.reduce((total, p) => total + p[i], 0) / all.length);
    const [x, middleY] = onScreen(middle);
    const half = 75;
    const y = [0, 34, -34, 68, -68, 102, -102].map((d) => middleY + d).find((v) => free([x - half, v - 14, x + half, v + 6]));
    if (y) group.append(svg("text", { class: "country", x, y }, said(data.labels.country[country]).toUpperCase()));
  }
  group.append(...scaleBar());
  return group;
}

/** A bar of a round number of kilometres that fits a sixth of the stage. */
function scaleBar() {
  const pixelsPerKm = (view.base.scale * view.k * 1e4) / 111.32;
  const km = [100, 50, 20, 10, 5, 2, 1, 0.5].find((length) => length * pixelsPerKm < view.width / 5) || 0.2;
  const [x, y] = [14, view.height - 16];
  return [
    svg("path", { class: "scale", d: `M${x} ${y - 5}v5h${short(km * pixelsPerKm)}v-5` }),
    svg("text", { class: "scaletext", x, y: y - 9 }, `${number(km, 1)} km`),
  ];
}

/** Zooms by a factor about a point of the stage and keeps the drawing in reach. */
function zoomBy(factor, x = view.width / 2, y = view.height / 2) {
  const k = Math.min(MOST_ZOOM, Math.max(1, view.k * factor));
  view.x = x - ((x - view.x) * k) / view.k;
  view.y = y - ((y - view.y) * k) / view.k;
  view.k = k;
  keepInReach();
}
function keepInReach() {
  const slack = view.k > 1 ? 40 : 0;
  view.x = Math.min(slack, Math.max(view.width * (1 - view.k) - slack, view.x));
  view.y = Math.min(slack, Math.max(view.height * (1 - view.k) - slack, view.y));
}
