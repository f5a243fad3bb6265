// Draws a Plotly figure and keeps the node through every update, so that zoom and legend survive.
let plotly

const loaded = (url) => (plotly ??= window.Plotly ? Promise.resolve() : new Promise((done, failed) => {
  const script = Object.assign(document.createElement("script"), { src: url, onload: done, onerror: failed })
  document.head.append(script)
}))

const isDark = (node) => {
  const probe = document.createElement("canvas").getContext("2d")
  probe.fillStyle = getComputedStyle(node).getPropertyValue("--st-background-color").trim() || "#ffffff"
  const [red, green, blue] = [1, 3, 5].map((at) => parseInt(probe.fillStyle.slice(at, at + 2), 16))
  return 0.299 * red + 0.587 * green + 0.114 * blue < 128
}

const draw = (node) => {
  const { figure, dark } = node.given
  const { data, layout } = JSON.parse(figure)
  const styles = getComputedStyle(node)
  const value = (name) => styles.getPropertyValue(name).trim()
  if (isDark(node)) for (const trace of data) {
    trace.line.color = dark[trace.line.color] ?? trace.line.color
    if (trace.opacity < 1) trace.opacity = Math.min(1, trace.opacity * 1.4) // faint lines sink into a dark ground
  }
  const axis = { gridcolor: value("--st-border-color"), linecolor: value("--st-border-color"), tickcolor: "rgba(0,0,0,0)" }
  Object.assign(layout.xaxis, axis)
  Object.assign(layout.yaxis, axis)
  for (const shape of layout.shapes ?? []) if (shape.label) shape.label.font = { ...shape.label.font, color: value("--st-text-color") }
  layout.font = { family: value("--st-font"), color: value("--st-text-color"), size: 13 }
  layout.hoverlabel = { bgcolor: value("--st-secondary-background-color"), bordercolor: value("--st-border-color"), font: layout.font }
  window.Plotly.react(node, data, layout, { responsive: true, displaylogo: false, modeBarButtonsToRemove: ["select2d", "lasso2d"] })
  node.dataset.draws = String(Number(node.dataset.draws ?? 0) + 1)
}

export default function ({ data, parentElement }) {
  const node = parentElement.querySelector(".raydeck-plot")
  const theme = getComputedStyle(node).getPropertyValue("--st-background-color")
  if (node.given?.figure === data.figure && node.theme === theme) return
  node.style.minHeight = `${data.height}px` // the place is held until plotly.js has come
  node.given = data
  node.theme = theme
  loaded(data.plotly).then(() => node.isConnected && draw(node))
}
