// A table: links, badges, sparklines; sorting and selection.
const sparkline = (values) => {
  const svg = makeSvg("svg", { viewBox: "0 0 120 24", class: "spark", "aria-hidden": "true" })
  if (values.length > 1) {
    const low = Math.min(...values), high = Math.max(...values), last = values.length - 1
    const at = (value, index) => `${(index / last * 118 + 1).toFixed(1)},${(22 - (high > low ? (value - low) / (high - low) : 0.5) * 20).toFixed(1)}`
    svg.append(makeSvg("polyline", { points: values.map(at).join(" ") }))
  }
  return svg
}

const badge = ({ state, icon, label }) =>
  make("span", { class: `badge ${state}` }, make("span", { class: "icon", "aria-hidden": "true" }, icon), label)

const bar = (share) => {
  const fill = make("span", {})
  fill.style.width = `${Math.round(share * 100)}%`
  return make("span", { class: "progress" }, make("span", { class: "track" }, fill), `${Math.round(share * 100)} %`)
}

const cells = {
  text: (value) => value ?? "–",
  number: (value) => value?.text ?? "–",
  state: badge,
  spark: (value) => sparkline(value?.values ?? []),
  progress: (value) => (value === null ? "–" : bar(value)),
  star: (value, row, given) => {
    const name = `${value ? "Take the star from" : "Give a star to"} ${row.name}`
    const star = make("button", { type: "button", class: "star icon", "aria-pressed": String(value), "aria-label": name, title: name }, "star")
    star.onclick = () => given.acted("star", row.id)
    return star
  },
  tags: (value, row, given) => {
    const chips = value.map((tag) => {
      const chip = make("button", { type: "button", class: "tag", title: `Find what is tagged ${tag}` }, tag)
      chip.onclick = () => given.acted("tag", tag)
      return chip
    })
    return make("span", { class: "tags" }, ...chips)
  },
  link: (value, row, { open }) => {
    const link = make("a", { href: row.href }, value)
    if (row.colour) link.prepend(Object.assign(make("i"), { style: `background:${row.colour};display:inline-block;width:.6rem;height:.6rem;border-radius:50%;margin-right:.4rem` }))
    link.onclick = (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return
      event.preventDefault()
      open(row.id)
    }
    return link
  },
}

const rank = (value) => (value && typeof value === "object" ? (value.value ?? value.label ?? -Infinity) : (value ?? ""))

const sorted = (rows, sort) => {
  if (!sort || sort.given) return rows
  const compare = (one, two) => (one < two ? -1 : one > two ? 1 : 0)
  return [...rows].sort((one, two) => sort.direction * compare(rank(one[sort.key]), rank(two[sort.key])))
}

const header = (table, { columns, select, order, sortable: among }) => {
  const row = make("tr")
  if (select) row.append(make("th", { class: "check" }, everything(table)))
  for (const { key, label, kind } of columns) {
    const sortable = among ? among.includes(key) : kind !== "spark"
    const title = sortable ? make("button", { type: "button" }, label) : label
    const cell = make("th", { class: kind, scope: "col" }, title)
    const sort = table.sort
    if (sort?.key === key) cell.setAttribute("aria-sort", sort.direction > 0 ? "ascending" : "descending")
    if (sortable) title.onclick = () => {
      if (order) return table.given.sorted(key)
      table.sort = { key, direction: sort?.key === key ? -sort.direction : kind === "number" ? -1 : 1 }
      render(table)
    }
    row.append(cell)
  }
  return make("thead", {}, row)
}

const everything = (table) => {
  const box = make("input", { type: "checkbox", "aria-label": "Select all on this page" })
  const ids = table.given.data.rows.map((row) => row.id)
  const ticked = ids.filter((id) => table.selected.has(id)).length
  box.checked = ids.length > 0 && ticked === ids.length
  box.indeterminate = ticked > 0 && ticked < ids.length
  box.onchange = () => {
    table.selected = new Set(box.checked ? ids : [])
    render(table)
    table.given.changed([...table.selected])
  }
  return box
}

const checkbox = (table, row) => {
  const box = make("input", { type: "checkbox", "aria-label": `Select ${row.name}` })
  box.checked = table.selected.has(row.id)
  box.onchange = () => {
    table.selected[box.checked ? "add" : "delete"](row.id)
    table.querySelector("th.check")?.replaceChildren(everything(table))
    table.given.changed([...table.selected])
  }
  return make("td", { class: "check" }, box)
}

const render = (table) => {
  const { data } = table.given
  const focused = document.activeElement?.closest?.("tr")?.dataset.id
  const body = make("tbody")
  for (const row of sorted(data.rows, table.sort)) {
    const line = make("tr", { "data-id": row.id })
    if (data.select) line.append(checkbox(table, row))
    for (const { key, kind, label } of data.columns) {
      const cell = make("td", { class: kind, "data-label": label }, cells[kind](row[key], row, table.given))
      const title = kind === "text" ? row[key] : row[key]?.title
      if (title) cell.title = title
      line.append(cell)
    }
    body.append(line)
  }
  table.replaceChildren(header(table, data), body)
  if (focused) table.querySelector(`tr[data-id="${CSS.escape(focused)}"] a`)?.focus()
}

export default function ({ data, parentElement, setStateValue, setTriggerValue }) {
  const root = parentElement.querySelector(".raydeck-runs")
  const table = root.querySelector("table") ?? root.appendChild(make("table"))
  const present = JSON.stringify(data)
  if (data.order) table.sort = { ...data.order, given: true }
  table.given = { data, sorted: (key) => setTriggerValue("sort", key), open: (id) => setTriggerValue("open", id), acted: (what, on) => setTriggerValue("act", { what, on }), changed: (ids) => setStateValue("selected", ids) }
  const ids = new Set(data.rows.map((row) => row.id))
  table.selected = new Set([...(table.selected ?? [])].filter((id) => ids.has(id)))
  if (table.present !== present) render(table)
  table.present = present
}
