// What lies over a chart: names at the ends of the lines, the line under the pointer, a cross-hair that all linked charts share.
const LABEL = { height: 15, gap: 22, wide: 168, narrow: 96 } // pixels
const linked = (window.raydeckLinked ??= new Map()) // what links charts -> their nodes

// Long names are cut in the middle of nothing but their own column; on a phone the chart needs the room.
const labelRoom = (node) => (node.clientWidth < 620 ? LABEL.narrow : LABEL.wide)

const overlay = (node) => {
  if (node.over?.isConnected) return node.over
  const over = document.createElement("div")
  over.style.cssText = "position:absolute;inset:0;pointer-events:none;overflow:hidden"
  const lines = makeSvg("svg")
  lines.style.cssText = "position:absolute;inset:0;width:100%;height:100%"
  over.append(lines)
  node.style.position = "relative"
  node.append(over)
  return (node.over = Object.assign(over, { lines }))
}

const stroke = (d, colour, width, opacity, more = {}) =>
  makeSvg("path", { d, stroke: colour, "stroke-width": width, "stroke-opacity": opacity, fill: "none", ...more })

// Where a line leaves the picture or ends in it: its last point inside the part of x that is looked at.
const endOf = (line, { xaxis, yaxis }) => {
  const inside = (x) => Number.isFinite(x) && x >= 0 && x <= xaxis._length
  for (let at = line.x.length - 1; at >= 0; at--) {
    if (!Number.isFinite(line.y[at])) continue
    const x = xaxis.c2p(line.x[at]), y = yaxis.c2p(line.y[at])
    if (!inside(x)) continue
    return Number.isFinite(y) && y >= -1 && y <= yaxis._length + 1 ? { x, y } : null
  }
  return null
}

// Spreads labels so that none covers another; of more than there is room for, every so manieth is left.
const spread = (ends, height) => {
  const room = Math.max(1, Math.floor(height / LABEL.height))
  const sorted = [...ends].sort((one, other) => one.y - other.y)
  const kept = sorted.length <= room ? sorted : Array.from({ length: room }, (_, at) => sorted[Math.round(at * (sorted.length - 1) / Math.max(1, room - 1))])
  let last = -Infinity
  for (const end of kept) last = end.at = Math.max(end.y, last + LABEL.height, LABEL.height / 2)
  let next = height + LABEL.height / 2
  for (const end of [...kept].reverse()) next = end.at = Math.min(end.at, next - LABEL.height)
  return kept
}

const drawLabels = (node) => {
  const over = overlay(node)
  over.querySelectorAll(".raydeck-label").forEach((label) => label.remove())
  over.lines.replaceChildren()
  const full = node._fullLayout
  if (!node.kept?.layout.meta?.labels || !full?.xaxis) return
  const dark = isDark(node) && node.given.dark
  const named = node.kept.lines.filter((line) => line.style.label)
  const ends = named.map((line) => ({ line, ...endOf(line, full) })).filter((end) => end.y !== undefined)
  const kept = spread(ends, full.yaxis._length)
  const left = full.xaxis._offset + full.xaxis._length, top = full.yaxis._offset
  for (const { line, x, y, at } of kept) {
    const { label, pick, colour: given } = line.style, colour = dark?.[given] ?? given
    const button = document.createElement("button")
    Object.assign(button, { type: "button", className: "raydeck-label", textContent: label, title: label })
    button.style.cssText = `position:absolute;left:${left + LABEL.gap}px;top:${top + at - LABEL.height / 2}px;width:${labelRoom(node) - LABEL.gap - 6}px;` +
      `height:${LABEL.height}px;line-height:${LABEL.height}px;font:12px/${LABEL.height}px var(--st-font);color:${colour};text-align:left;padding:0;margin:0;border:0;` +
      `background:none;overflow:hidden;text-overflow:ellipsis;white-space:nowrap;pointer-events:auto;cursor:${pick && node.given.picks ? "pointer" : "default"}`
    button.onmouseenter = button.onfocus = () => highlight(node, line, colour)
    button.onmouseleave = button.onblur = () => highlight(node)
    button.onclick = () => pick && node.given.picks && node.fire("picked", { x: null, name: line.style.name, pick })
    over.append(button)
    over.lines.append(stroke(`M${full.xaxis._offset + x + 2} ${top + y} L${left + 8} ${top + y} L${left + LABEL.gap - 3} ${top + at}`, colour, 1, 0.4))
  }
  const hidden = named.length - kept.length
  if (!hidden) return
  const said = document.createElement("span")
  Object.assign(said, { className: "raydeck-label", textContent: `${hidden} more, no room`, title: "Point at a line to see its name" })
  said.style.cssText = `position:absolute;left:${left + LABEL.gap}px;top:${top + full.yaxis._length + 6}px;font:11px var(--st-font);opacity:.7;pointer-events:auto`
  over.append(said)
}

// Draws one line bold over all others.
const highlight = (node, line, colour) => {
  const over = overlay(node)
  over.lines.querySelector(".raydeck-bold")?.remove()
  if (!line) return
  const { xaxis, yaxis } = node._fullLayout
  let path = "", pen = "M"
  for (let at = 0; at < line.x.length; at++) {
    const x = xaxis.c2p(line.x[at]), y = yaxis.c2p(line.y[at])
    if (!Number.isFinite(x) || !Number.isFinite(y) || x < 0 || x > xaxis._length || y < 0 || y > yaxis._length) { pen = "M"; continue }
    path += `${pen}${(xaxis._offset + x).toFixed(1)} ${(yaxis._offset + y).toFixed(1)}`
    pen = "L"
  }
  over.lines.append(stroke(path, colour, 3.5, 1, { class: "raydeck-bold" }))
}

const cross = (node, value) => {
  const over = overlay(node)
  const line = (over.cross ??= over.appendChild(document.createElement("div")))
  const { xaxis, yaxis } = node._fullLayout ?? {}
  const at = value === null || !xaxis ? NaN : xaxis.c2p(value)
  const shown = Number.isFinite(at) && at >= 0 && at <= xaxis._length
  line.className = "raydeck-cross"
  line.style.cssText = shown ? `position:absolute;width:1px;background:var(--st-text-color);opacity:.45;left:${xaxis._offset + at}px;` +
    `top:${yaxis._offset}px;height:${yaxis._length}px` : "display:none"
}

const others = (node) => [...(linked.get(node.given.link) ?? [])].filter((other) => other !== node && other.isConnected && other._fullLayout)

// One pointer, one x: the others show the same place, and what their lines are worth there.
const pointAt = (node, value) => {
  cross(node, value)
  for (const other of others(node)) {
    cross(other, value)
    if (other._fullLayout.hovermode !== "x unified") continue
    if (value === null) window.Plotly.Fx.unhover(other)
    else window.Plotly.Fx.hover(other, { xval: value }, ["xy"])
  }
}

const follow = (node) => {
  if (!node.given.link || node.follows) return
  node.follows = true
  if (!linked.has(node.given.link)) linked.set(node.given.link, new Set())
  const together = linked.get(node.given.link)
  for (const other of together) if (!other.isConnected) together.delete(other)
  together.add(node)
  node.addEventListener("mousemove", (event) => {
    const { xaxis, yaxis } = node._fullLayout ?? {}
    if (!xaxis || event.buttons) return
    const box = node.getBoundingClientRect()
    const x = event.clientX - box.left - xaxis._offset, y = event.clientY - box.top - yaxis._offset
    const inside = x >= 0 && x <= xaxis._length && y >= 0 && y <= yaxis._length
    cancelAnimationFrame(node.pointing)
    node.pointing = requestAnimationFrame(() => pointAt(node, inside ? xaxis.p2c(x) : null))
  })
  node.addEventListener("mouseleave", () => { cancelAnimationFrame(node.pointing); pointAt(node, null) })
  node.on("plotly_hover", ({ points }) => {
    const line = points?.length === 1 && node.kept.lines[points[0].customdata?.[0] ?? points[0].data.meta?.line]
    if (line) highlight(node, line, (isDark(node) && node.given.dark?.[line.style.colour]) || line.style.colour)
  })
  node.on("plotly_unhover", () => highlight(node))
}

// A zoom in one chart is a zoom in all that are linked with it; what they show of y stays their own.
const zoomTogether = (node, change) => {
  const range = "xaxis.range[0]" in change ? [change["xaxis.range[0]"], change["xaxis.range[1]"]] : change["xaxis.range"]
  const all = change["xaxis.autorange"]
  for (const other of range || all ? others(node) : []) {
    other.led = true
    window.Plotly.relayout(other, all ? { "xaxis.autorange": true, "yaxis.autorange": true } : { "xaxis.range": range }).then(() => { other.led = false })
  }
}
