"use strict";
// Sorting, searching, turning pages and opening rows. Without it the page shows all it has, but for what checks say.
(() => {
  const PAGE = 100;
  const value = (row, column) => {
    const cell = row.cells[column], text = (cell.dataset.v ?? cell.textContent).trim();
    const number = Number.parseFloat(text);
    return text === "" || text === "–" ? null : Number.isNaN(number) ? text.toLowerCase() : number;
  };
  const compare = (a, b) => typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), undefined, { numeric: true });
  const shown = new Map();

  for (const table of document.querySelectorAll("table.sortable")) {
    const body = table.tBodies[0];
    table.tHead.rows[0].querySelectorAll("th").forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      head.setAttribute("aria-sort", "none");
      button.addEventListener("click", () => {
        const before = head.getAttribute("aria-sort");
        const up = before === "none" ? column === 0 || head.classList.contains("words") : before === "descending";
        for (const other of table.tHead.rows[0].cells) other.setAttribute("aria-sort", "none");
        head.setAttribute("aria-sort", up ? "ascending" : "descending");
        body.querySelectorAll("tr.said").forEach(close);
        const rows = [...body.rows].map((row) => [value(row, column), row]);
        // What is not known comes last, whichever way.
        rows.sort(([a], [b]) => a === null || b === null ? (a === null) - (b === null) : up ? compare(a, b) : compare(b, a));
        body.append(...rows.map(([, row]) => row));
        shown.get(table)?.();
      });
    });
  }

  const close = (said) => { said.previousElementSibling.querySelector("button").setAttribute("aria-expanded", "false"); said.remove(); };

  const table = document.getElementById("students");
  if (!table) return;
  const body = table.tBodies[0], search = document.getElementById("search"), more = document.getElementById("more"), count = document.getElementById("count");
  let limit = PAGE;
  const show = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let found = 0;
    for (const row of body.rows) {
      if (row.classList.contains("said")) continue;
      const text = row.dataset.find ??= `${row.cells[0].textContent} ${row.dataset.k ?? ""}`.toLowerCase();
      row.classList.toggle("off", !words.every((word) => text.includes(word)) || ++found > limit);
      const said = row.nextElementSibling;
      if (said?.classList.contains("said")) said.classList.toggle("off", row.classList.contains("off"));
    }
    count.textContent = found > limit ? `the first ${limit} of ${found}` : `${found}`;
    more.hidden = found <= limit;
  };
  shown.set(table, show);
  search.addEventListener("input", () => { limit = PAGE; show(); });
  more.addEventListener("click", () => { limit = Infinity; show(); });

  const data = JSON.parse(document.getElementById("said").textContent);
  for (const row of body.rows) {
    const told = data.students[row.dataset.i], name = row.cells[0];
    const button = document.createElement("button");
    button.type = "button";
    button.setAttribute("aria-expanded", "false");
    button.append(...name.childNodes);
    name.append(button);
    button.addEventListener("click", () => {
      if (button.getAttribute("aria-expanded") === "true") return close(row.nextElementSibling);
      button.setAttribute("aria-expanded", "true");
      const said = document.createElement("tr"), cell = document.createElement("td"), inside = document.createElement("div"), list = document.createElement("ul");
      said.className = "said";
      cell.colSpan = row.cells.length;
      for (const [question, sentences] of told) {
        const item = document.createElement("li"), strong = document.createElement("strong");
        strong.textContent = question < 0 ? "the submission" : data.questions[question];
        item.append(strong, ": ", sentences.map((one) => data.sentences[one]).join(" "));
        list.append(item);
      }
      inside.append(told.length ? list : "Nothing to say: every check passed, and nothing is open.");
      cell.append(inside);
      said.append(cell);
      row.after(said);
    });
  }
  show();
})();
