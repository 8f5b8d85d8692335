// Puts the page together and keeps language and section in the address (#it/money).
const SECTIONS = ["map", "flows", "areas", "types", "money", "sources", "files"];

function readAddress() {
  const [first, second] = location.hash.slice(1).split("/");
  const wished = LANGUAGES.includes(first) ? first : null;
  const section = SECTIONS.includes(second) ? second : SECTIONS.includes(first) ? first : null;
  return { wished, section };
}
const preferred = () => navigator.languages.map((tag) => tag.slice(0, 2)).find((tag) => LANGUAGES.includes(tag)) || "en";

function fixedTexts(section) {
  document.documentElement.lang = language;
  document.title = `Traforo · ${t("title")}`;
  for (const node of document.querySelectorAll("[data-t]")) node.textContent = t(node.dataset.t);
  for (const node of document.querySelectorAll("[data-t-label]")) node.setAttribute("aria-label", t(node.dataset.tLabel));
  for (const link of document.querySelectorAll("[data-section]")) link.href = `#${language}/${link.dataset.section}`;
  for (const link of document.querySelectorAll(".languages a")) {
    link.href = `#${link.lang}${section ? `/${section}` : ""}`;
    if (link.lang === language) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  byId("release-date").textContent = t("released", { date: moment(data.release.at) });
  byId("release-version").textContent = `· ${t("version", { id: data.release.id, schema: data.release.schema_version })}`;
  const synthetic = byId("synthetic");
  synthetic.hidden = data.synthetic.marked === 0;
  const names = new Map(data.sources.map((row) => [row.source_id, said(row.title) || row.source_id]));
  synthetic.replaceChildren(el("strong", {}, t("synthetic_title")), " ", t("synthetic", {
    marked: number(data.synthetic.marked), named: number(data.synthetic.named),
    sources: new Intl.ListFormat(LOCALES[language]).format(data.synthetic.sources.map((id) => names.get(id) || id)),
  }));
}

function draw() {
  flowCharts();
  moneyCharts();
  findingCharts();
  drawMap();
}

function show() {
  const { wished, section } = readAddress();
  const wanted = wished || (document.body.dataset.ready ? language : preferred());
  if (wanted !== language || !document.body.dataset.ready) {
    language = wanted;
    headline();
    sources();
    files();
    selects();
    draw();
    document.body.dataset.ready = "yes";
  }
  fixedTexts(section);
  if (section) {
    byId(section).scrollIntoView();
    byId(`h-${section}`).focus({ preventScroll: true });
  }
}

for (const key of ["OFFER", "DEMAND", "places"]) {
  byId(`show-${key}`).addEventListener("change", (event) => { filter[key] = event.target.checked; drawMarkers(); place(); });
}
byId("family").addEventListener("change", (event) => { filter.family = event.target.value; drawMarkers(); place(); });
byId("place-type").addEventListener("change", (event) => { filter.type = event.target.value; drawMarkers(); place(); });
for (const button of document.querySelectorAll("[data-zoom]")) {
  button.addEventListener("click", () => {
    zoomBy({ in: 1.6, out: 1 / 1.6, reset: 1e-9 }[button.dataset.zoom]);
    place();
  });
}
byId("map-table").addEventListener("toggle", mapTable);
let drawnWidth = window.innerWidth;
window.addEventListener("resize", () => {
  // Phones change the height while scrolling; only another width asks for another drawing.
  if (window.innerWidth === drawnWidth) return;
  drawnWidth = window.innerWidth;
  requestAnimationFrame(draw);
});
window.addEventListener("hashchange", show);
window.addEventListener("beforeprint", () => {
  for (const box of document.querySelectorAll("main details:not(#map-table)")) box.open = true;
});
show();
