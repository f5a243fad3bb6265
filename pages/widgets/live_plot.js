// Draws lines with Plotly, keeps the node, zoom and legend through every update, and takes only what is new:
// a message holds, of each line that changed, the values from the first that differs on.
const SETTLED = 150 // ms without a further zoom before one is told

const bytes = (text) => {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text)
  const letters = atob(text), found = new Uint8Array(letters.length)
  for (let at = 0; at < letters.length; at++) found[at] = letters.charCodeAt(at)
  return found
}

const floats = (text) => new Float64Array(bytes(text).buffer)

const joined = (old, from, text) => {
  const news = floats(text)
  if (!from) return news
  const whole = new Float64Array(from + news.length)
  whole.set(old.subarray(0, from))
  whole.set(news, from)
  return whole
}

// Brings what is kept up to a message; false if something in between was missed.
const take = (node, { epoch, number, layout, lines, changes }) => {
  if (lines) node.kept = { epoch, number, layout, lines: lines.map((style) => ({ style })) }
  else if (node.kept?.epoch !== epoch || number < node.kept.number || number > node.kept.number + 1) return false
  else if (number === node.kept.number) return true
  for (const { line, from, ...columns } of changes) {
    const kept = node.kept.lines[line]
    for (const name of ["x", "y", "low", "high"]) kept[name] = name in columns ? joined(kept[name], from, columns[name]) : undefined
  }
  node.kept.number = number
  return true
}

// A band is one closed shape for each stretch without a gap: forward along the highest values, back along the lowest.
const band = ({ x, low, high }) => {
  const shape = { x: [], y: [] }
  for (let start = 0; start < x.length; start++) {
    if (!Number.isFinite(low[start])) continue
    let end = start
    while (end < x.length && Number.isFinite(low[end])) end++
    for (let at = start; at < end; at++) { shape.x.push(x[at]); shape.y.push(high[at]) }
    for (let at = end - 1; at >= start; at--) { shape.x.push(x[at]); shape.y.push(low[at]) }
    shape.x.push(null); shape.y.push(null)
    start = end
  }
  return shape
}

// Lines that are merged are one trace with gaps, since each trace has its price; `owners` says whose each point is.
const merged = (lines) => {
  const parts = new Map()
  lines.forEach((line, place) => {
    const key = line.style.merge || place
    if (!parts.has(key)) parts.set(key, [])
    parts.get(key).push({ ...line, place })
  })
  const gapped = (some, name) => {
    const whole = new Float64Array(some.reduce((sum, line) => sum + line[name].length + 1, 0)).fill(NaN)
    let at = 0
    for (const line of some) { whole.set(line[name], at); at += line[name].length + 1 }
    return whole
  }
  const owners = (some) => some[0].style.hover && some.flatMap(({ x, place, style }) => Array(x.length + 1).fill([place, style.name]))
  return [...parts.values()].map((some) => some.length === 1 ? some[0]
    : { style: some[0].style, x: gapped(some, "x"), y: gapped(some, "y"), owners: owners(some), isLone: some.every((line) => line.x.length === 1) })
}

const translucent = (colour, opacity) => colour + Math.round(opacity * 255).toString(16).padStart(2, "0")

// Faint members lie behind the bands, and these behind every line.
const depth = (trace) => (trace.fill === "toself" ? 1 : trace.meta.behind ? 0 : 2)

const traces = (kept, dark) => merged(kept.lines).flatMap((line) => {
  const fade = Math.min(1, 12 / kept.lines.length) // many bands upon each other would hide everything
  const { name, colour: given, width, opacity: wanted, dash, look, group, legend, hover, merge } = line.style
  const colour = dark?.[given] ?? given
  const opacity = dark && wanted < 1 ? Math.min(1, wanted * 1.4) : wanted // faint lines sink into a dark ground
  const common = { name, type: "scatter", meta: { line: line.place, behind: merge && !hover && look === "line" }, ...(group && { legendgroup: group }), showlegend: legend }
  if (look === "marks") return [{ ...common, x: line.x, y: line.x.map(() => 0.02), yaxis: "y2", mode: "markers", customdata: Array.from(line.y),
    marker: { symbol: "x", size: 7, color: colour }, hovertemplate: "%{customdata} NaN or infinite<extra></extra>" }]
  if (look === "steps") return [{ ...common, x: line.x, y: line.y, mode: "lines", line: { shape: "hv", color: colour, width },
    fill: "tozeroy", fillcolor: translucent(colour, 0.25), hovertemplate: "from %{x:.4g}: %{y:,}<extra></extra>" }]
  if (look === "points") return [{ ...common, x: line.x, y: line.y, mode: "markers", opacity, marker: { color: colour, size: width },
    hovertemplate: "%{x:.4g}, %{y:.4g}<extra></extra>" }]
  if (look === "spans") return [{ ...common, x: line.x, y: line.y, mode: "lines", opacity, line: { color: colour, width }, connectgaps: false,
    customdata: Array.from(line.low, (seconds, at) => [seconds, line.high[at]]),
    hovertemplate: "worker %{y}: busy for %{customdata[0]:.3g} s, chunks: %{customdata[1]}<extra></extra>" }]
  const stroke = { ...common, x: line.x, y: line.y, mode: line.isLone ?? line.x.length === 1 ? "lines+markers" : "lines", opacity,
    line: { color: colour, width, dash }, legendgroup: group || name,
    ...(line.owners && { customdata: line.owners }),
    ...(hover ? { hovertemplate: `%{y:.4g}<extra>${line.owners ? "%{customdata[1]}" : "%{fullData.name}"}</extra>` } : { hoverinfo: "skip" }) }
  if (!line.low) return [stroke]
  const shade = { ...common, ...band(line), mode: "lines", line: { width: 1, color: translucent(colour, (0.2 + 0.3 * fade) * opacity) }, fill: "toself",
    fillcolor: translucent(colour, 0.22 * fade * opacity), showlegend: false, legendgroup: group || name, hoverinfo: "skip" }
  return [shade, stroke]
}).sort((one, other) => depth(one) - depth(other))

// The names beside the lines are no part of Plotly's chart; these are the same as annotations, for a picture of it.
const namesAsNotes = (node) => {
  const { xaxis, yaxis } = node._fullLayout
  const escaped = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
  return [...node.querySelectorAll(".raydeck-label")].map((label) => {
    const share = label.clientWidth / label.scrollWidth // of the name that there is room for
    const text = share < 1 ? `${label.textContent.slice(0, Math.floor(label.textContent.length * share) - 1)}…` : label.textContent
    const middle = label.offsetTop + label.offsetHeight / 2
    return { text: escaped(text), showarrow: false, xref: "paper", yref: "paper", xanchor: "left", yanchor: "middle",
      x: (label.offsetLeft - xaxis._offset) / xaxis._length, y: 1 - (middle - yaxis._offset) / yaxis._length,
      font: { size: 12, color: getComputedStyle(label).color } }
  })
}

const pictured = (node) => ({
  annotations: [...(node.layout.annotations ?? []), ...namesAsNotes(node)],
  filename: (node.layout.yaxis.title?.text ?? "").replace(/[^a-z0-9]+/gi, "-").replace(/^-|-$/g, "") || "chart",
})

const draw = (node) => {
  const { kept } = node
  const layout = structuredClone(kept.layout)
  const theme = themeOf(node)
  const axis = { gridcolor: theme("--st-border-color"), linecolor: theme("--st-border-color"), tickcolor: "rgba(0,0,0,0)" }
  Object.assign(layout.xaxis, axis)
  Object.assign(layout.yaxis, axis)
  for (const shape of layout.shapes ?? []) if (shape.label) shape.label.font = { ...shape.label.font, color: theme("--st-text-color") }
  dress(layout, theme)
  if (layout.meta?.labels) layout.margin.r = labelRoom(node)
  else if (node.given.picks) layout.hoverdistance = -1 // a click between two points is one on the nearest, however far
  const data = traces(kept, isDark(node) && node.given.dark)
  redraw(node, data, layout, {
    doubleClick: "autosize",
    modeBarButtonsToRemove: ["select2d", "lasso2d", "sendChartToCloud", "toImage"], // nothing leaves this machine
    modeBarButtonsToAdd: saving(node, () => pictured(node)),
  })
  if (!node.listens) {
    node.on("plotly_relayout", (change) => zoomed(node, change))
    node.on("plotly_click", (click) => picked(node, click))
    node.on("plotly_afterplot", () => drawLabels(node))
    follow(node)
    drawLabels(node)
  }
  node.listens = true
}

// Tells which part of the x axis is looked at, so that it comes in full detail; a double click shows all again at once.
const zoomed = (node, change) => {
  if (!node.given.zooms || node.led) return
  if (node.given.link) return zoomedTogether(node, change)
  let range = [] // all of it
  if ("xaxis.range[0]" in change) range = [change["xaxis.range[0]"], change["xaxis.range[1]"]]
  else if (change["xaxis.range"]) range = change["xaxis.range"]
  else if (!change["xaxis.autorange"]) return
  if (range.length && node.kept.layout.xaxis.type === "log") range = range.map((end) => 10 ** end)
  later(node, SETTLED, () => node.tell("window", range))
}

// The same of charts that look at one part of x together; each one's part of y is told with it.
const zoomedTogether = (node, change) => {
  if (!Object.keys(change).some((name) => /^[xy]axis\./.test(name))) return
  zoomTogether(node, change)
  later(node, SETTLED, () => {
    const { xaxis, yaxis } = node._fullLayout
    const ends = (axis) => axis.autorange ? null : axis.range.map((end) => axis.type === "log" ? 10 ** end : axis.r2c(end))
    node.fire("zoomed", { x: ends(xaxis), y: ends(yaxis) })
  })
}

// Tells which point was clicked: of all at that x, the one whose line is nearest to the mouse.
const picked = (node, { points, event }) => {
  if (!node.given.picks || !points.length || node.kept.layout.meta?.labels) return // there the labels are clicked
  const top = node.querySelector(".nsewdrag").getBoundingClientRect().top
  const away = ({ yaxis, y }) => Math.abs(yaxis.d2p(y) + top - event.clientY)
  const [nearest] = [...points].sort((one, other) => away(one) - away(other))
  node.fire("picked", { x: nearest.x, name: nearest.data.name })
}

export default function ({ data, parentElement, setStateValue, setTriggerValue }) {
  const node = parentElement.querySelector(".raydeck-plot")
  const theme = themeOf(node)("--st-background-color")
  node.style.minHeight = `${data.height}px` // the place is held until plotly.js has come
  node.given = data
  node.tell = setStateValue
  node.fire = setTriggerValue
  if (!take(node, data)) return setTriggerValue("missed", true)
  drawWhenReady(node, `${theme}/${node.kept.epoch}/${node.kept.number}`, data.plotly, draw)
}
