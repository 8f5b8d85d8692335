// Draws the map and listens to pointer, wheel and keyboard.
let drawing = null;
let labels = null;
let layer = null;
let waiting = false;

/** Puts everything where zoom and pan want it. */
function place() {
  byId("ground").setAttribute("transform", `translate(${view.x} ${view.y}) scale(${view.k})`);
  for (const marker of markers) {
    const [x, y] = onScreen(project(marker.at));
    marker.node.setAttribute("transform", `translate(${short(x)} ${short(y)})`);
  }
  const fresh = names();
  labels.replaceWith(fresh);
  labels = fresh;
  drawing.classList.toggle("zoomed", view.k > 1);
}
function placeSoon() {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => { waiting = false; place(); });
}

function drawMarkers() {
  markers = filtered();
  chosen = null;
  layer.replaceChildren(...markers.map((marker) => {
    marker.node = drawMarker(marker);
    marker.node.addEventListener("pointerenter", () => showTip(marker));
    marker.node.addEventListener("pointerleave", hideTip);
    marker.node.addEventListener("focus", () => showTip(marker));
    marker.node.addEventListener("blur", hideTip);
    marker.node.addEventListener("click", () => { choose(marker); focusOn(marker); });
    return marker.node;
  }));
  if (markers.length) markers[0].node.setAttribute("tabindex", "0");
  shownText();
  detail();
  mapTable();
}

function drawMap() {
  const stage = byId("stage");
  const width = Math.max(280, stage.clientWidth);
  if (width !== view.width) Object.assign(view, { k: 1, x: 0, y: 0 });
  fit(width);
  labels = svg("g");
  layer = svg("g", { id: "markers" });
  drawing = svg("svg", {
    viewBox: `0 0 ${view.width} ${view.height}`, width: view.width, height: view.height, role: "group", "aria-label": t("map"),
  }, ground(), layer, labels);
  stage.replaceChildren(drawing);
  listen();
  drawMarkers();
  place();
}

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
function onKey(event) {
  const current = markers.find((marker) => marker.node === document.activeElement);
  if (event.key in ARROWS && current) {
    const next = neighbour(current, ARROWS[event.key]);
    if (next) focusOn(next);
  } else if ((event.key === "Enter" || event.key === " ") && current) choose(current);
  else if (event.key === "+" || event.key === "=") { zoomBy(1.5, ...(current ? onScreen(project(current.at)) : [])); place(); }
  else if (event.key === "-") { zoomBy(1 / 1.5); place(); }
  else if (event.key === "0") { zoomBy(1e-9); place(); }
  else if (event.key === "Escape") { choose(null); hideTip(); }
  else return;
  event.preventDefault();
}

/** Where an event lies in the drawing's own pixels. */
function spot(event) {
  const box = drawing.getBoundingClientRect();
  return [((event.clientX - box.left) * view.width) / box.width, ((event.clientY - box.top) * view.height) / box.height];
}

function listen() {
  const fingers = new Map();
  drawing.addEventListener("keydown", onKey);
  drawing.addEventListener("dblclick", (event) => { zoomBy(2, ...spot(event)); place(); });
  drawing.addEventListener("wheel", (event) => {
    // A plain wheel scrolls the page; the map zooms only when asked to.
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    zoomBy(Math.exp(-event.deltaY / 300), ...spot(event));
    placeSoon();
  }, { passive: false });
  drawing.addEventListener("pointerdown", (event) => fingers.set(event.pointerId, spot(event)));
  drawing.addEventListener("pointermove", (event) => {
    if (!fingers.has(event.pointerId)) return;
    const before = fingers.get(event.pointerId);
    const now = spot(event);
    if (fingers.size === 1 && view.k > 1) {
      if (Math.hypot(now[0] - before[0], now[1] - before[1]) < 3 && !drawing.classList.contains("dragging")) return;
      drawing.classList.add("dragging");
      drawing.setPointerCapture(event.pointerId);
      view.x += now[0] - before[0];
      view.y += now[1] - before[1];
      keepInReach();
    } else if (fingers.size === 2) {
      const other = [...fingers].find(([id]) => id !== event.pointerId)[1];
      const apart = (p) => Math.hypot(p[0] - other[0], p[1] - other[1]) || 1;
      zoomBy(apart(now) / apart(before), (now[0] + other[0]) / 2, (now[1] + other[1]) / 2);
    }
    fingers.set(event.pointerId, now);
    placeSoon();
  });
  for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) {
    drawing.addEventListener(end, (event) => { fingers.delete(event.pointerId); drawing.classList.remove("dragging"); });
  }
}

function selects() {
  const used = new Set(data.map.flows.points.flatMap((p) => p.sums.map((s) => s[1])));
  const families = [...Object.keys(data.labels.material_family).filter((code) => used.has(code)), ...(used.has("") ? [""] : [])];
  const types = new Set(data.map.places.points.map((p) => p[3]));
  const option = (value, label, current) => el("option", { value, selected: value === current }, label);
  byId("family").replaceChildren(option("*", t("all"), filter.family),
    ...families.map((code) => option(code, familyName(code), filter.family)));
  byId("place-type").replaceChildren(option("*", t("all_types"), filter.type),
    ...Object.keys(data.labels.third_place_type).filter((code) => types.has(code)).map((code) => option(code, typeName(code), filter.type)));
}
