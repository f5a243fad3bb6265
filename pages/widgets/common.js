// What the scripts of several components share; `component` puts it in front of each.
const SVG = "http://www.w3.org/2000/svg"

const filled = (node, attributes, children) => {
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value)
  node.append(...children)
  return node
}

// An element of HTML, or of a picture. Text is set as text, never as HTML.
const make = (tag, attributes = {}, ...children) => filled(document.createElement(tag), attributes, children)
const makeSvg = (tag, attributes = {}, ...children) => filled(document.createElementNS(SVG, tag), attributes, children)

// Does something once its owner has been left alone for so many milliseconds.
const later = (owner, wait, done) => {
  clearTimeout(owner.waiting)
  owner.waiting = setTimeout(done, wait)
}

// Returns what reads the page's theme where a node stands, such as "--st-text-color".
const themeOf = (node) => {
  const styles = getComputedStyle(node)
  return (name) => styles.getPropertyValue(name).trim()
}

const isDark = (node) => {
  const probe = document.createElement("canvas").getContext("2d")
  probe.fillStyle = themeOf(node)("--st-background-color") || "#ffffff"
  const [red, green, blue] = [1, 3, 5].map((at) => parseInt(probe.fillStyle.slice(at, at + 2), 16))
  return 0.299 * red + 0.587 * green + 0.114 * blue < 128
}

let plotly

const loaded = (url) => (plotly ??= window.Plotly ? Promise.resolve() : new Promise((done, failed) => {
  const onerror = () => { plotly = undefined; failed(new Error(`${url} did not come`)) }
  document.head.append(Object.assign(document.createElement("script"), { src: url, onload: done, onerror }))
}))

// Draws `what`, a text, on a node unless it shows it, once plotly.js is there, which may fail to come at first, and the
// node, which may be taken out and put back while a page is built. What is newer takes the place of what still waits.
const TRIES = 100, PAUSE = 100 // ms
const drawWhenReady = (node, what, url, draw, tries = TRIES) => {
  node.wanted = what
  if (node.shows === what) return
  const again = () => setTimeout(() => tries && node.wanted === what && drawWhenReady(node, what, url, draw, tries - 1), PAUSE)
  loaded(url).then(() => {
    if (node.wanted !== what || node.shows === what) return
    if (!node.isConnected) return again()
    draw(node)
    node.shows = what
  }, again)
}

// Gives a chart's layout the letters and colours of the page.
const dress = (layout, theme) => {
  const [text, border, ground] = ["text", "border", "secondary-background"].map((name) => theme(`--st-${name}-color`))
  layout.font = { family: theme("--st-font"), color: text, size: 13 }
  layout.modebar = { bgcolor: "rgba(0,0,0,0)", color: border, activecolor: text }
  layout.hoverlabel = { bgcolor: ground, bordercolor: border, font: layout.font }
}

// Two buttons that save a chart as it looks now, on the page's ground: a transparent one is unreadable on another.
// They are made once: others would make Plotly draw a new chart, which forgets the zoom.
const FORMATS = [["PNG", "camera", 2], ["SVG", "disk", 1]]
const saving = (node, pictured) => (node.buttons ??= FORMATS.map(([format, icon, scale]) => ({
  name: format, title: `Download as ${format}`, icon: window.Plotly.Icons[icon],
  click: () => {
    const { filename, ...more } = pictured()
    const layout = { ...node.layout, paper_bgcolor: themeOf(node)("--st-background-color") || "#ffffff", ...more }
    window.Plotly.downloadImage({ data: node.data, layout },
      { format: format.toLowerCase(), filename, width: node.clientWidth, height: node.given.height, scale })
  },
})))

// Draws on the node that is there, so that it keeps what a person did to it; counted, so that a test sees it.
const redraw = (node, data, layout, options) => {
  window.Plotly.react(node, data, layout, { responsive: true, displaylogo: false, ...options })
  node.dataset.draws = String(Number(node.dataset.draws ?? 0) + 1)
}
