// Draws a whole plotly figure on a node that is kept, so that a new one takes its place without a flicker.
const draw = (node) => {
  const theme = themeOf(node)
  const colours = Object.entries(node.given.colours).map(([given, name]) => [given, theme(name)])
  if (isDark(node)) colours.push(...Object.entries(node.given.dark))
  const text = colours.reduce((text, [given, shown]) => text.replaceAll(given, shown), node.given.figure)
  const { data, layout } = JSON.parse(text)
  dress(layout, theme)
  layout.hoverlabel.align = "left"
  redraw(node, data, layout, { modeBarButtons: [saving(node, () => ({ filename: "figure" }))] })
}

export default function ({ data, parentElement }) {
  const node = parentElement.querySelector(".raydeck-figure")
  const theme = themeOf(node)("--st-background-color")
  node.style.minHeight = `${data.height}px` // the place is held until plotly.js has come
  node.given = data
  drawWhenReady(node, `${theme}/${data.figure}`, data.plotly, draw)
}
