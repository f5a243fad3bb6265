// HTML that the app has made, with everything in it escaped.
export default function ({ data, parentElement }) {
  const node = parentElement.querySelector(".raydeck-markup")
  if (node.shown === data.html) return // what was scrolled to stays in sight
  node.innerHTML = node.shown = data.html
}
