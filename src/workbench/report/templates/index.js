// Filters and sorting of the index, kept in its address. Without this script the page says everything, too.
"use strict";
(() => {
  const form = document.querySelector(".filters");
  const count = form.querySelector("[role=status]");
  const fields = { market: form.elements.market, figure: form.elements.figure, verdict: form.elements.verdict };
  const tables = [...document.querySelectorAll("table[data-figures]")].map((table) => ({
    section: table.closest("section"),
    body: table.tBodies[0],
    heads: [...table.tHead.rows[0].cells],
    rows: [...table.tBodies[0].rows],
    sorted: null,
  }));
  const others = [...document.querySelectorAll("[data-market]")].filter((one) => !one.closest("table[data-figures]"));

  const filter = () => {
    const wanted = fields.figure.value.trim().toLowerCase();
    const [market, verdict] = [fields.market.value, fields.verdict.value];
    const seen = { rows: 0, columns: 0, allRows: 0, allColumns: 0 };
    for (const { section, heads, rows } of tables) {
      const named = heads.map((head) => "figure" in head.dataset && head.dataset.figure.toLowerCase().includes(wanted));
      const fits = (row, place) => named[place] && (!verdict || row.cells[place].dataset.verdict === verdict);
      const ofMarket = rows.filter((row) => !market || row.dataset.market === market);
      const kept = new Set(verdict ? ofMarket.filter((row) => heads.some((_, place) => fits(row, place))) : ofMarket);
      const shown = heads.map((head, place) => {
        if (!("figure" in head.dataset)) return true;
        return named[place] && (!verdict || [...kept].some((row) => fits(row, place)));
      });
      const figures = heads.filter((head, place) => shown[place] && "figure" in head.dataset).length;
      section.hidden = !kept.size || Boolean((wanted || verdict) && !figures);
      heads.forEach((head, place) => { head.hidden = !shown[place]; });
      for (const row of rows) {
        row.hidden = !kept.has(row);
        [...row.cells].forEach((cell, place) => {
          cell.hidden = !shown[place];
          cell.classList.toggle("hit", Boolean(verdict) && fits(row, place));
        });
      }
      seen.allRows += rows.length;
      seen.allColumns += heads.filter((head) => "figure" in head.dataset).length;
      if (!section.hidden) { seen.rows += kept.size; seen.columns += figures; }
    }
    for (const one of others) one.hidden = Boolean(market) && one.dataset.market !== market;
    count.textContent = `${seen.rows} of ${seen.allRows} rows and ${seen.columns} of ${seen.allColumns} columns shown`;
  };

  // A number by its size, all else by its letters; what has no value comes last either way.
  const order = (place, falling) => (one, other) => {
    const [a, b] = [one, other].map((row) => row.cells[place].dataset.value);
    if (a === undefined || b === undefined) return (a === undefined) - (b === undefined);
    const by = isNaN(a) || isNaN(b) ? a.localeCompare(b, "en") : a - b;
    return falling ? -by : by;
  };

  const sort = (table, name, falling) => {
    const place = table.heads.findIndex((head) => head.dataset.column === name);
    table.heads.forEach((head) => head.removeAttribute("aria-sort"));
    table.sorted = place < 0 ? null : { name, falling };
    if (place >= 0) table.heads[place].setAttribute("aria-sort", falling ? "descending" : "ascending");
    table.body.append(...(place < 0 ? table.rows : [...table.rows].sort(order(place, falling))));
  };

  const write = () => {
    const state = new URLSearchParams();
    for (const [name, field] of Object.entries(fields)) if (field.value) state.set(name, field.value);
    for (const { section, sorted } of tables) {
      if (sorted) state.append("sort", `${section.id}:${sorted.falling ? "down" : "up"}:${sorted.name}`);
    }
    history.replaceState(null, "", `#${state}`);
  };

  // Any other anchor is a place on the page, and leaves the filters as they are.
  const read = () => {
    const state = new URLSearchParams(location.hash.slice(1));
    if (location.hash && ![...state.keys()].some((name) => name in fields || name === "sort")) return;
    for (const [name, field] of Object.entries(fields)) {
      field.value = state.get(name) ?? "";
      if (field.selectedIndex === -1) field.value = "";
    }
    const sorts = state.getAll("sort").map((one) => one.match(/^([^:]*):(up|down):(.*)$/s)).filter(Boolean);
    for (const table of tables) {
      const found = sorts.find((one) => one[1] === table.section.id);
      sort(table, found?.[3], found?.[2] === "down");
    }
    filter();
  };

  for (const table of tables) {
    for (const head of table.heads) {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        sort(table, head.dataset.column, head.getAttribute("aria-sort") === "ascending");
        write();
      });
    }
  }
  form.addEventListener("input", () => { filter(); write(); });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(() => { filter(); write(); }));
  form.elements.print.addEventListener("click", () => print());
  addEventListener("hashchange", read);
  form.hidden = false;
  filter();
  read();
})();
