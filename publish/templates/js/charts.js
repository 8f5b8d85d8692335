// Bars as SVG with a table of the same numbers under them.

/** A table. Columns: {label, value(row), number, header}; a value is a text or a node. */
function table(caption, columns, rows, foot = null) {
  const head = el("tr", {}, columns.map((c) => el("th", { scope: "col", class: c.number ? "n" : null }, c.label)));
  const cell = (column, row) =>
    column.header ? el("th", { scope: "row" }, column.value(row))
      : el("td", { class: column.number ? "n" : null }, column.value(row));
  return el("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": caption },
    el("table", {},
      el("caption", {}, caption),
      el("thead", {}, head),
      el("tbody", {}, rows.map((row) => el("tr", {}, columns.map((column) => cell(column, row))))),
      foot && el("tfoot", {}, el("tr", {}, foot.map((value, i) =>
        i === 0 ? el("th", { scope: "row" }, value) : el("td", { class: "n" }, value))))));
}

function legend(series, mark) {
  const square = (name) => svg("svg", { viewBox: "0 0 10 10", "aria-hidden": "true" },
    svg("rect", { class: `b-${name}`, width: 10, height: 10 }));
  const line = svg("svg", { viewBox: "0 0 10 10", "aria-hidden": "true" },
    svg("path", { class: `b-${mark && mark.key}`, d: "M5 0V10" }));
  return el("ul", { class: "legend" },
    series.map((s) => el("li", {}, square(s.key), s.label)), mark && el("li", {}, line, mark.label));
}

/** Shortens a text to what fits; the whole stands in the bar's title and in the table. */
function shortened(text, pixels) {
  const most = Math.max(8, Math.floor(pixels / 7.4));
  return text.length <= most ? text : `${text.slice(0, most - 1).trimEnd()}…`;
}

/**
 * One group of horizontal bars a row.
 * series: [{key, label}], key names the value in the row and the colour (a row's `tone` names another); mark: the same
 * for an upright line; least: value that the axis reaches at least.
 */
function bars(rows, series, { title, format = number, mark = null, least = 1e-9, width }) {
  const narrow = width < 620;
  const left = narrow ? 0 : Math.min(340, width * 0.36);
  const right = narrow ? 92 : 110;
  const bar = 10;
  const head = narrow ? 18 : 0;
  const step = head + series.length * (bar + 3) + (narrow ? 14 : 12);
  const reach = width - left - right;
  const most = Math.max(least, ...rows.flatMap((row) => [...series, ...(mark ? [mark] : [])].map((s) => row[s.key] || 0)));
  const drawn = svg("svg", {
    class: "chart", viewBox: `0 0 ${width} ${rows.length * step}`, width, height: rows.length * step, role: "img",
    "aria-label": title,
  });
  rows.forEach((row, i) => {
    const top = i * step + head;
    const middle = top + (series.length * (bar + 3)) / 2 + 2;
    drawn.append(narrow
      ? svg("text", { x: 0, y: top - 5 }, shortened(row.label, width))
      : svg("text", { x: left - 12, y: middle, "text-anchor": "end" }, shortened(row.label, left - 12)));
    const marked = mark && row[mark.key] ? left + (row[mark.key] / most) * reach : null;
    if (marked !== null) {
      drawn.append(svg("path", { class: `b-${mark.key}`, d: `M${marked} ${top - 2}V${top + series.length * (bar + 3) - 1}` },
        svg("title", {}, `${row.label} · ${mark.label}: ${format(row[mark.key])}`)));
    }
    series.forEach((s, j) => {
      const value = row[s.key] || 0;
      const length = Math.max(value > 0 ? 1.5 : 0, (value / most) * reach);
      const y = top + j * (bar + 3);
      const written = format(value);
      // A figure that the mark would cross stands behind it.
      const after = left + length + 6;
      const crossed = marked !== null && marked > after - 6 && marked < after + written.length * 7.5;
      drawn.append(
        svg("rect", { class: `b-${row.tone || s.key}`, x: left, y, width: length, height: bar },
          svg("title", {}, `${row.label} · ${s.label}: ${written}`)),
        svg("text", { class: "value", x: crossed ? marked + 6 : after, y: y + bar - 1 }, written));
    });
  });
  drawn.prepend(svg("path", { class: "axis", d: `M${left + 0.5} 0V${rows.length * step}` }));
  return drawn;
}

/** Legend, bars and table in a container. drawn: the rows to draw where the table has more; key: the legend's series. */
function chart(id, rows, series, columns, { caption, format, mark, foot, least, drawn = rows, key = series } = {}) {
  const box = byId(id);
  if (!rows.length) {
    box.replaceChildren(el("p", { class: "empty" }, t("empty")));
    return;
  }
  const open = box.querySelector("details")?.open ?? false;
  const width = Math.max(280, box.clientWidth);
  box.replaceChildren(
    legend(key, mark),
    bars(drawn, series, { title: caption, format, mark, least, width }),
    el("details", { open }, el("summary", {}, t("data_table")), table(caption, columns, rows, foot)));
}
