// Two buttons that play and pause every video beneath the container they are told of, all from the same moment.
export default function ({ data, parentElement }) {
  const videos = () => [...document.querySelectorAll(`.st-key-${data.within} video`)]
  parentElement.querySelector("[name=play]").onclick = () => videos().forEach((video) => {
    video.currentTime = 0
    video.play()
  })
  parentElement.querySelector("[name=pause]").onclick = () => videos().forEach((video) => video.pause())
}
