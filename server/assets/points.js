// SPDX-License-Identifier: GPL-3.0-or-later
// Places clicked on a photo, in pixels of the photo held upright: on the thing that is meant, or beside it. Kept per file.

const MARK_COLOURS = {on: "#2f9e57", off: "#d03434"};
const marks = new WeakMap();
const marksOf = file => marks.get(file) || [];

// The fields of a request that hold a file's places.
function placesOf(file) {
  const places = beside => marksOf(file).filter(mark => mark.off === beside).map(mark => [mark.x, mark.y]);
  return places(false).length ? {points: places(false), points_off: places(true)} : {};
}

// A place of the canvas' box on the page -> pixels of a picture that fills it; null beside it.
function pixelAt(box, size, x, y) {
  const across = (x - box.left) / box.width, down = (y - box.top) / box.height;
  if (!(across >= 0 && across < 1 && down >= 0 && down < 1)) return null;
  return {x: Math.round(across * size.width * 10) / 10, y: Math.round(down * size.height * 10) / 10};
}

function drawMarks(canvas, picture, file) {
  const pen = canvas.getContext("2d"), radius = Math.max(picture.width, picture.height) / 60;
  pen.drawImage(picture, 0, 0);
  for (const {x, y, off} of marksOf(file)) {
    pen.beginPath();
    pen.arc(x, y, radius, 0, 2 * Math.PI);
    pen.fillStyle = off ? MARK_COLOURS.off : MARK_COLOURS.on;
    pen.strokeStyle = "#fff";
    pen.lineWidth = radius / 3;
    pen.fill();
    pen.stroke();
    pen.beginPath();
    pen.moveTo(x - radius / 2, y);
    pen.lineTo(x + radius / 2, y);
    if (!off) { pen.moveTo(x, y - radius / 2); pen.lineTo(x, y + radius / 2); }
    pen.stroke();
  }
}

// Opens the dialog in which a photo is clicked; what was clicked before is there. Calls `changed` when it closes.
async function markPhoto(file, title, changed) {
  const dialog = document.getElementById("marking"), canvas = document.getElementById("marking_photo");
  const get = name => document.getElementById("marking_" + name);
  let picture;
  get("title").textContent = title;
  get("trouble").textContent = "";
  get("on").checked = true;
  try { picture = await createImageBitmap(file, {imageOrientation: "from-image"}); }
  catch { get("trouble").textContent = "This browser cannot show " + file.name + "; save it as JPEG or PNG."; }
  canvas.hidden = !picture;
  const before = marksOf(file).slice();
  const draw = () => {
    if (picture) drawMarks(canvas, picture, file);
    get("undo").disabled = get("clear").disabled = !marksOf(file).length;
    get("count").textContent = marksOf(file).length + (marksOf(file).length === 1 ? " point" : " points");
  };
  const put = list => { marks.set(file, list); draw(); };
  const undo = () => put(marksOf(file).slice(0, -1));
  if (picture) [canvas.width, canvas.height] = [picture.width, picture.height];
  canvas.onclick = event => {
    const place = pixelAt(canvas.getBoundingClientRect(), picture, event.clientX, event.clientY);
    if (place) put([...marksOf(file), {...place, off: get("off").checked || event.ctrlKey || event.metaKey}]);
  };
  dialog.onkeydown = event => { if (event.key === "Backspace") { event.preventDefault(); undo(); } };
  get("undo").onclick = undo;
  get("clear").onclick = () => put([]);
  get("done").onclick = () => dialog.close();
  dialog.oncancel = () => marks.set(file, before);
  dialog.onclose = () => { if (picture) picture.close(); changed(); };
  draw();
  dialog.showModal();
}
