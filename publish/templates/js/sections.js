// The sections below the map.

function headline() {
  const h = data.headline;
  const figure = (key, value, note) =>
    el("div", {}, el("dt", {}, t(key)), el("dd", {}, value, el("span", { class: "note" }, note)));
  const countries = (kind) => t("by_country", { fr: number(h[`${kind}_fr`]), it: number(h[`${kind}_it`]) });
  byId("headline").replaceChildren(
    figure("offers", number(h.offers), t("in_municipalities", { n: number(h.municipalities) })),
    figure("demands", number(h.demands),
      t("with_tonnes", { n: number(h.flows_with_tonnes), total: number(h.offers + h.demands) })),
    figure("organisations", number(h.organisations), countries("organisations")),
    figure("places", number(h.places), countries("places")),
    figure("declared", eurosRound(h.declared), t("lines_projects", { n: number(h.expenses), projects: number(h.projects) })),
    figure("certified", eurosRound(h.certified),
      t("share_of_declared", { pct: percent(h.declared > 0 ? h.certified / h.declared : 0) })));
}

function flowCharts() {
  const h = data.headline;
  const series = [{ key: "offers", label: t("offers") }, { key: "demands", label: t("demands") }];
  const families = data.families.map((row) => ({
    ...row, label: row.code ? said(data.labels.material_family[row.code]) || row.code : t("unassigned"),
  })).sort((a, b) => (a.code === null) - (b.code === null) || b.offers + b.demands - a.offers - a.demands);
  byId("flows-lead").textContent =
    t("flows_lead", { n: number(h.flows_with_tonnes), total: number(h.offers + h.demands) });
  chart("flows-chart", families, series, [
    { label: t("family"), value: (r) => r.label, header: true },
    { label: t("offers"), value: (r) => number(r.offers), number: true },
    { label: t("demands"), value: (r) => number(r.demands), number: true },
    { label: t("offers_t"), value: (r) => tonnes(r.offers_t), number: true },
    { label: t("demands_t"), value: (r) => tonnes(r.demands_t), number: true },
    { label: t("with_tonnes_short"), value: (r) => number(r.with_tonnes), number: true },
  ], {
    caption: t("flows"),
    foot: [t("total"), number(sum(families, "offers")), number(sum(families, "demands")),
      tonnes(sum(families, "offers_t")), tonnes(sum(families, "demands_t")), number(sum(families, "with_tonnes"))],
  });

  byId("areas-lead").textContent = t("areas_lead");
  const areas = data.areas.map((row) => ({
    ...row,
    name: row.label ? said(row.label) : t("elsewhere"),
    label: row.label ? `${said(row.label)} (${row.country})` : t("elsewhere"),
  }));
  chart("areas-chart", areas.filter((row) => row.offers + row.demands > 0), series, [
    { label: t("area"), value: (r) => r.name, header: true },
    { label: t("country"), value: (r) => (r.country ? said(data.labels.country[r.country]) || r.country : "") },
    { label: "NUTS 3", value: (r) => r.code || "" },
    { label: t("offers"), value: (r) => number(r.offers), number: true },
    { label: t("demands"), value: (r) => number(r.demands), number: true },
    { label: t("places"), value: (r) => number(r.places), number: true },
  ], {
    caption: t("areas"),
    foot: [t("total"), "", "", number(sum(areas, "offers")), number(sum(areas, "demands")), number(sum(areas, "places"))],
  });

  byId("types-lead").textContent = t("types_lead");
  const types = data.place_types.map((row) => ({
    ...row, places: row.fr + row.it + row.other, label: said(data.labels.third_place_type[row.code]) || row.code,
  })).sort((a, b) => b.places - a.places);
  chart("types-chart", types, [{ key: "places", label: t("places") }], [
    { label: t("place_type"), value: (r) => r.label, header: true },
    { label: said(data.labels.country.FR), value: (r) => number(r.fr), number: true },
    { label: said(data.labels.country.IT), value: (r) => number(r.it), number: true },
    { label: t("other_countries"), value: (r) => number(r.other), number: true },
    { label: t("total"), value: (r) => number(r.places), number: true },
  ], { caption: t("types") });
}

function moneyCharts() {
  const money = data.money;
  const series = [{ key: "declared", label: t("declared_short") }, { key: "certified", label: t("certified_short") }];
  const amounts = (rows) => [
    { label: t("lines"), value: (r) => number(r.lines), number: true },
    { label: t("declared_short"), value: (r) => euros(r.declared), number: true },
    { label: t("certified_short"), value: (r) => euros(r.certified), number: true },
    { label: t("waiting"), value: (r) => euros(r.waiting), number: true },
  ];
  const totals = (rows) => [number(sum(rows, "lines")), euros(sum(rows, "declared")), euros(sum(rows, "certified")),
    euros(sum(rows, "waiting"))];
  const partners = money.partners.map((row) => ({ ...row, label: row.name }));
  const capped = money.partners_total > partners.length;
  chart("partners-chart", partners, series, [
    { label: t("partner"), value: (r) => r.name, header: true },
    { label: t("project"), value: (r) => r.project },
    { label: t("budget"), value: (r) => euros(r.budget), number: true },
    ...amounts(partners),
  ], {
    caption: t("per_partner") + (capped ? ` · ${t("partners_shown", { n: number(partners.length), total: number(money.partners_total) })}` : ""),
    format: eurosShort,
    mark: { key: "budget", label: t("budget") },
    foot: capped ? null : [t("total"), "", euros(sum(partners, "budget")), ...totals(partners)],
  });
  const categories = money.categories.map((row) => ({
    ...row, label: row.code ? said(data.labels.cost_category[row.code]) || row.code : t("no_category"),
  }));
  chart("categories-chart", categories, series, [
    { label: t("category"), value: (r) => r.label, header: true }, ...amounts(categories),
  ], { caption: t("per_category"), format: eurosShort, foot: [t("total"), ...totals(categories)] });
  byId("without-eur").textContent = money.lines_without_eur ? t("without_eur", { n: number(money.lines_without_eur) }) : "";
}

function findingCharts() {
  byId("findings").hidden = data.findings.length === 0;
  byId("indicators").hidden = data.indicators.length === 0;
  const findings = data.findings.map((row) => ({ ...row, label: said(row.label), tone: row.severity }));
  const grave = findings.filter((row) => row.severity !== "INFO");
  const severities = [...new Set(findings.map((row) => row.severity))];
  const severity = (code) => said(data.labels.finding_severity[code]) || code;
  if (findings.length) {
    chart("findings-chart", findings, [{ key: "findings", label: t("findings_count") }], [
      { label: t("rule"), value: (r) => r.label, header: true },
      { label: t("severity"), value: (r) => severity(r.severity) },
      { label: t("findings_count"), value: (r) => number(r.findings), number: true },
      { label: t("findings_open"), value: (r) => number(r.open), number: true },
      { label: t("at_stake"), value: (r) => euros(r.at_stake), number: true },
    ], {
      caption: t("findings"),
      // Information is not a fault and often outnumbers the rest: it stands in the table.
      drawn: grave.length ? grave : findings,
      key: severities.filter((code) => code !== "INFO" || !grave.length).map((code) => ({ key: code, label: severity(code) })),
      foot: [t("total"), "", number(sum(findings, "findings")), number(sum(findings, "open")), ""],
    });
  }
  const many = new Set(data.indicators.map((row) => row.project)).size > 1;
  const indicators = data.indicators.map((row) => ({
    ...row, name: said(row.label), label: many ? `${said(row.label)} · ${row.project}` : said(row.label),
    share: row.target > 0 ? row.reached / row.target : 0,
  }));
  if (indicators.length) {
    chart("indicators-chart", indicators, [{ key: "share", label: t("reached") }], [
      { label: t("indicator"), value: (r) => `${r.code} · ${r.name}`, header: true },
      { label: t("project"), value: (r) => r.project },
      { label: t("kind"), value: (r) => said(data.labels.indicator_kind[r.kind]) || r.kind },
      { label: t("target"), value: (r) => (r.target === null ? "" : number(r.target, 3)), number: true },
      { label: t("reached"), value: (r) => number(r.reached, 3), number: true },
      { label: t("evidence"), value: (r) => number(r.evidence), number: true },
    ], { caption: t("indicators"), format: percent, least: 1 });
  }
}

function sources() {
  const state = (row) => {
    const key = row.last_good_at === null ? "never" : row.is_stale ? "stale" : "fresh";
    return el("span", { class: `badge ${key === "fresh" ? "fresh" : "stale"}` }, t(key));
  };
  const terms = (row) => [
    row.url && row.url.startsWith("https://") ? el("a", { href: row.url, rel: "noopener noreferrer" }, row.licence) : row.licence || "",
    row.redistributable === false && el("span", {}, " ", el("span", { class: "badge" }, t("internal"))),
  ];
  const wrap = (nodes) => el("span", {}, ...nodes);
  byId("sources-table").replaceChildren(table(t("sources"), [
    { label: t("source"), value: (r) => said(r.title) || r.source_id, header: true },
    { label: t("stream"), value: (r) => said(r.stream) || r.stream_name },
    { label: t("state"), value: state },
    { label: t("last_good"), value: (r) => (r.last_good_at ? moment(r.last_good_at) : t("never")) },
    { label: t("records"), value: (r) => number(r.record_count), number: true },
    { label: t("licence"), value: (r) => wrap(terms(r)) },
    { label: t("attribution"), value: (r) => r.attribution || "" },
  ], data.sources));
  byId("terms-table").replaceChildren(...(data.terms.length ? [table(t("terms"), [
    { label: t("licence"), value: (r) => r.licence || t("unknown"), header: true },
    { label: t("attribution"), value: (r) => r.attribution || "" },
    { label: t("records"), value: (r) => number(r.rows), number: true },
  ], data.terms)] : []));
  byId("references-table").replaceChildren(table(t("references"), [
    { label: t("table"), value: (r) => said(r.table), header: true },
    { label: t("licence"), value: (r) => r.licence },
    { label: t("attribution"), value: (r) => r.attribution },
  ], data.references));
}

function files() {
  const link = (file) => el("span", { class: "file" },
    el("a", { href: file.name, download: true }, file.format === "geojson" ? "GeoJSON" : file.format === "csv" ? "CSV" : "Parquet"),
    ` ${bytes(file.bytes)}`);
  byId("files-table").replaceChildren(table(t("files"), [
    { label: t("table"), value: (r) => said(r.label), header: true },
    { label: t("rows"), value: (r) => number(r.rows), number: true },
    { label: t("downloads"), value: (r) => el("span", {}, r.files.map(link)) },
  ], data.tables));
  const dictionary = data.dictionaries[language];
  byId("dictionary").replaceChildren(...(dictionary ? [" · ", el("a", { href: dictionary }, t("dictionary"))] : []));
}
