// A query with completion and a mark under what is wrong.
const WAIT = 600 // ms without a key before a query is asked
const MOST = 40
const SEPARATOR = /[\s"'`()[\],=!<>]/
const STATS = { last: "", best: "", mean: "of the last ten", mean25: "of the last 25, or any other number", min: "", max: "" }

const withStat = (written, stat) => (written.endsWith("`") ? `${written.slice(0, -1)}.${stat}\`` : `${written}.${stat}`)

// What may stand at the caret: a field, its operators, or its values.
const offers = (words, text, caret) => {
  let start = caret
  while (start > 0 && !SEPARATOR.test(text[start - 1])) start--
  const typed = text.slice(start, caret).toLowerCase()
  const before = text.slice(0, start)
  const byName = (name) => words.find((word) => word.name.toLowerCase() === name.toLowerCase())
  const found = (list) => list.filter(({ insert }) => insert.toLowerCase().includes(typed) && insert.toLowerCase() !== typed)
  const valued = before.match(/([^\s"'`()[\],=!<>]+)\s*(==|!=|<=|>=|=|<|>|\bcontains\s|\bin\s*[[(]?[^\])]*)\s*$/i)
  const field = valued && byName(valued[1])
  if (field) {
    const isIn = /^in\b/i.test(valued[2]), isOrder = /^[<>]/.test(valued[2]) // which texts have none of
    const fits = (value) => (field.spoken ? isIn || !value.startsWith("last ") : !isOrder)
    return { start, list: found(field.values.filter(fits).map((value) => ({ insert: value, about: "" }))) }
  }
  const last = before.match(/([^\s"'`()[\],=!<>]+)\s+$/)
  const compared = last && byName(last[1])
  if (compared) {
    const operators = compared.operators.map((operator) => ({ insert: operator, about: "" }))
    return { start, list: found([...operators, { insert: "and", about: "both" }, { insert: "or", about: "either" }]) }
  }
  const stat = words.filter((word) => word.name.startsWith("metrics.") && typed.startsWith(word.name.toLowerCase() + "."))
  const stats = stat.flatMap((word) => Object.entries(STATS).map(([each, about]) => ({ insert: withStat(word.written, each), about })))
  const fields = words.map((word) => ({ insert: word.written, about: word.about }))
  const ranked = found([...stats, ...fields])
  const first = ({ insert }) => (insert.toLowerCase().startsWith(typed) ? 0 : 1)
  return { start, list: ranked.sort((one, two) => first(one) - first(two)) }
}

const build = (root) => {
  const under = make("div", { class: "under", "aria-hidden": "true" })
  const input = make("input", {
    type: "text", role: "combobox", "aria-label": "Find runs", "aria-autocomplete": "list", "aria-expanded": "false",
    autocomplete: "off", autocapitalize: "off", spellcheck: "false", "aria-controls": "raydeck-query-list",
  })
  const list = make("ul", { role: "listbox", id: "raydeck-query-list", hidden: "" })
  const said = make("p", { class: "said", role: "alert" })
  const field = make("div", { class: "field" }, under, input)
  root.replaceChildren(field, list, said)
  const box = { root, input, under, list, said, field, chosen: -1, offered: [], start: 0 }
  box.ask = () => {
    clearTimeout(box.waiting)
    if (input.value !== box.asked) box.given.asked((box.asked = input.value))
  }
  input.oninput = () => { point(box, null); open(box); later(box, WAIT, box.ask) }
  input.onscroll = () => { under.scrollLeft = input.scrollLeft }
  input.onkeydown = (event) => key(box, event)
  input.onclick = () => { if (input.value) open(box) }
  input.onblur = () => { close(box); box.ask() }
  return box
}

const close = (box) => { box.list.hidden = true; box.chosen = -1; box.input.setAttribute("aria-expanded", "false"); box.input.removeAttribute("aria-activedescendant") }

const open = (box) => {
  const { start, list } = offers(box.given.data.words, box.input.value, box.input.selectionStart)
  box.start = start
  box.offered = list.slice(0, MOST)
  box.chosen = -1
  box.list.replaceChildren(...box.offered.map(({ insert, about }, index) => {
    const line = make("li", { role: "option", id: `raydeck-query-${index}`, "aria-selected": "false" }, insert, make("span", {}, about))
    line.onmousedown = (event) => { event.preventDefault(); take(box, index) }
    return line
  }))
  box.list.hidden = box.offered.length === 0
  box.input.setAttribute("aria-expanded", String(box.offered.length > 0))
}

const choose = (box, index) => {
  box.chosen = (index + box.offered.length) % box.offered.length
  ;[...box.list.children].forEach((line, at) => line.setAttribute("aria-selected", String(at === box.chosen)))
  box.list.children[box.chosen].scrollIntoView({ block: "nearest" })
  box.input.setAttribute("aria-activedescendant", `raydeck-query-${box.chosen}`)
}

const take = (box, index) => {
  const { input } = box, { insert } = box.offered[index]
  const rest = input.value.slice(input.selectionStart)
  const front = input.value.slice(0, box.start) + insert + (rest.startsWith(" ") ? "" : " ")
  input.value = front + rest
  input.setSelectionRange(front.length, front.length)
  point(box, null)
  open(box)
  later(box, WAIT, box.ask)
}

const key = (box, event) => {
  const shown = !box.list.hidden
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault()
    if (!shown) return open(box)
    choose(box, box.chosen < 0 ? (event.key === "ArrowDown" ? 0 : -1) : box.chosen + (event.key === "ArrowDown" ? 1 : -1))
  } else if ((event.key === "Enter" || event.key === "Tab") && shown && box.chosen >= 0) {
    event.preventDefault()
    take(box, box.chosen)
  } else if (event.key === "Enter") {
    close(box)
    box.ask()
  } else if (event.key === "Escape" && shown) {
    event.stopPropagation()
    close(box)
  }
}

// Marks the letters that are wrong, and says why below.
const point = (box, error) => {
  const text = box.input.value
  box.field.classList.toggle("wrong", Boolean(error))
  box.input.setAttribute("aria-invalid", String(Boolean(error)))
  if (!error) { box.under.replaceChildren(); box.said.replaceChildren(); return }
  const letters = [...text] // positions are counted in whole letters
  const at = Math.min(error.at, letters.length)
  const wrong = letters.slice(at, at + error.length).join("") || " "
  box.under.replaceChildren(letters.slice(0, at).join(""), make("mark", {}, wrong))
  box.under.scrollLeft = box.input.scrollLeft
  const mend = error.nearest.map(([name, written]) => {
    const button = make("button", { type: "button" }, name)
    button.onclick = () => {
      box.input.value = letters.slice(0, at).join("") + written + letters.slice(at + error.length).join("")
      box.input.focus()
      box.ask()
    }
    return button
  })
  box.said.replaceChildren(`Letter ${at + 1}: ${error.said}${mend.length ? " Did you mean" : ""}`, ...mend, mend.length ? "?" : "")
}

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".raydeck-query")
  const box = (root.box ??= build(root))
  box.given = { data, asked: (query) => setTriggerValue("query", query) }
  box.input.placeholder = data.placeholder
  if (data.query !== box.asked && (document.activeElement !== box.input || box.asked === undefined)) box.input.value = data.query
  const first = box.asked === undefined
  if (first || document.activeElement !== box.input || box.input.value === data.query) box.asked = data.query
  if (box.input.value === data.query) point(box, data.error)
}
