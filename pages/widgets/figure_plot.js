// Draws a whole plotly figure on a node that is kept, so that a new one takes its place without a flicker.
let plotly

const loaded = (url) => (plotly ??= window.Plotly ? Promise.resolve() : new Promise((done, failed) => {
  const script = Object.assign(document.createElement("script"), { src: url, onload: done, onerror: failed })
  document.head.append(script)
}))

const isDark = (colour) => {
  const probe = document.createElement("canvas").getContext("2d")
  probe.fillStyle = colour || "#ffffff"
  const [red, green, blue] = [1, 3, 5].map((at) => parseInt(probe.fillStyle.slice(at, at + 2), 16))
  return 0.299 * red + 0.587 * green + 0.114 * blue < 128
}

// A button that saves the figure as it looks now, on the page's ground.
const saving = (node, format, icon) => ({
  name: format, title: `Download as ${format}`, icon: window.Plotly.Icons[icon],
  click: () => window.Plotly.downloadImage(
    { data: node.data, layout: { ...node.layout, paper_bgcolor: getComputedStyle(node).getPropertyValue("--st-background-color").trim() } },
    { format: format.toLowerCase(), filename: "figure", width: node.clientWidth, height: node.clientHeight, scale: format === "PNG" ? 2 : 1 },
  ),
})

const draw = (node) => {
  const styles = getComputedStyle(node)
  const value = (name) => styles.getPropertyValue(name).trim()
  const colours = Object.entries(node.given.colours).map(([given, name]) => [given, value(name)])
  if (isDark(value("--st-background-color"))) colours.push(...Object.entries(node.given.dark))
  const text = colours.reduce((text, [given, shown]) => text.replaceAll(given, shown), node.given.figure)
  const { data, layout } = JSON.parse(text)
  layout.font = { family: value("--st-font"), color: value("--st-text-color"), size: 13 }
  layout.hoverlabel = { bgcolor: value("--st-secondary-background-color"), bordercolor: value("--st-border-color"), font: layout.font, align: "left" }
  layout.modebar = { bgcolor: "rgba(0,0,0,0)", color: value("--st-border-color"), activecolor: value("--st-text-color") }
  node.buttons ??= [[saving(node, "PNG", "camera"), saving(node, "SVG", "disk")]] // others would make a new plot each time
  window.Plotly.react(node, data, layout, { responsive: true, displaylogo: false, modeBarButtons: node.buttons })
  node.dataset.draws = String(Number(node.dataset.draws ?? 0) + 1)
}

export default function ({ data, parentElement }) {
  const node = parentElement.querySelector(".raydeck-figure")
  const theme = getComputedStyle(node).getPropertyValue("--st-background-color")
  node.style.minHeight = `${data.height}px` // the place is held until plotly.js has come
  if (node.theme === theme && node.given?.figure === data.figure) return
  node.given = data
  node.theme = theme
  loaded(data.plotly).then(() => node.isConnected && draw(node))
}
