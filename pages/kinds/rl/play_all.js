// Two buttons that play and pause every video beneath the container they are told of, all from the same moment.
export default function ({ data, parentElement }) {
  const videos = () => [...document.querySelectorAll(`.st-key-${data.within} video`)]
  const button = (label, pressed) => Object.assign(make("button", {}, label), { onclick: () => videos().forEach(pressed) })
  const root = parentElement.querySelector(".raydeck-play")
  if (!root.firstChild) root.append(
    button("Play all from the start", (video) => { video.currentTime = 0; video.play() }),
    button("Pause all", (video) => video.pause()),
  )
}
