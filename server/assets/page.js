// SPDX-License-Identifier: GPL-3.0-or-later
// The form, the progress and the results. Text from outside enters as text only, never as HTML.
const by = id => document.getElementById(id);
const token = new URLSearchParams(location.hash.slice(1)).get("token") || "";
const garments = [];
let person = null, shown = null, timer = 0, urls = [], stopTurning = () => {};

class Trouble extends Error {
  constructor(words) { super([words.message, words.hint].filter(Boolean).join(" ")); this.code = words.code; }
}

async function call(method, path, body, headers = {}) {
  let answer;
  if (body !== undefined && !(body instanceof Blob)) { headers["Content-Type"] = "application/json"; body = JSON.stringify(body); }
  try { answer = await fetch(path, {method, body, headers: {Authorization: "Bearer " + token, ...headers}}); }
  catch { throw new Trouble({code: "unreachable", message: "The engine does not answer.", hint: "It may have ended; start it again."}); }
  if (!answer.ok) throw new Trouble(await answer.json().catch(() => ({message: "The engine answered " + answer.status + "."})));
  return answer;
}

function element(tag, text, attributes = {}) {
  const made = document.createElement(tag);
  if (text) made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

function preview(file, image) {
  const url = URL.createObjectURL(file);
  image.onload = () => { image.hidden = false; URL.revokeObjectURL(url); };
  image.onerror = () => { image.hidden = true; URL.revokeObjectURL(url); };
  image.src = url;
}

function choosePerson(files) {
  if (!files.length) return;
  person = files[0];
  by("person-name").textContent = person.name;
  preview(person, by("person-preview"));
  drawPersonMark();
}

const counted = (text, file) => marksOf(file).length ? text + " (" + marksOf(file).length + ")" : text;

function drawPersonMark() {
  by("person-mark").hidden = !person;
  by("person-mark").textContent = counted("Click the clothes to replace", person);
}

function addGarments(files) {
  for (const file of files) garments.push({file, category: "auto", kind: "auto", tucked: false, sleeves_rolled: false, open_front: false});
  drawGarments();
}

const CATEGORIES = [["auto", "Automatic"], ["top", "Top"], ["outer", "Jacket or coat"], ["bottom", "Trousers or skirt"], ["dress", "Dress"]];
const KINDS = [["auto", "Any photo"], ["flat", "Laid flat or hanging"], ["worn", "Worn by somebody"]];
const WISHES = [["tucked", "Tucked in"], ["sleeves_rolled", "Sleeves rolled"], ["open_front", "Worn open"]];

function choice(garment, field, values, label) {
  const made = element("select", "", {"aria-label": label});
  for (const [value, text] of values) made.append(element("option", text, {value}));
  made.value = garment[field];
  made.onchange = () => { garment[field] = made.value; };
  return made;
}

function wish(garment, field, text) {
  const made = element("label"), box = element("input", "", {type: "checkbox", "aria-label": text + ": " + garment.file.name});
  box.checked = garment[field];
  box.onchange = () => { garment[field] = box.checked; };
  made.append(box, " " + text);
  return made;
}

function moveGarment(index, step) {
  garments.splice(index + step, 0, ...garments.splice(index, 1));
  drawGarments();
}

function drawGarments() {
  by("garments").replaceChildren(...garments.map((garment, index) => {
    const row = element("div", "", {class: "garment"});
    const image = element("img", "", {alt: ""});
    preview(garment.file, image);
    const middle = element("div");
    const wishes = element("div", "", {class: "wishes"});
    for (const [field, text] of WISHES) wishes.append(wish(garment, field, text));
    middle.append(element("div", garment.file.name, {class: "name"}), choice(garment, "category", CATEGORIES, "Category of " + garment.file.name),
      choice(garment, "kind", KINDS, "Photo kind of " + garment.file.name), wishes);
    const mark = element("button", counted("Click points", garment.file), {type: "button", "aria-label": "Click points on " + garment.file.name});
    mark.onclick = () => markPhoto(garment.file, "The garment in " + garment.file.name, drawGarments);
    middle.append(mark);
    const buttons = element("div", "", {class: "order"});
    for (const [step, text, words] of [[-1, "\u2191", " nearer to the skin"], [1, "\u2193", " further out"]]) {
      const move = element("button", text, {type: "button", "aria-label": "Move " + garment.file.name + words});
      move.disabled = !garments[index + step];
      move.onclick = () => moveGarment(index, step);
      buttons.append(move);
    }
    const remove = element("button", "Remove", {type: "button", "aria-label": "Remove " + garment.file.name});
    remove.onclick = () => { garments.splice(index, 1); drawGarments(); };
    buttons.append(remove);
    row.append(image, middle, buttons);
    return row;
  }));
}

function receive(zone, input, take) {
  zone.ondragover = event => { event.preventDefault(); zone.classList.add("over"); };
  zone.ondragleave = () => zone.classList.remove("over");
  zone.ondrop = event => { event.preventDefault(); zone.classList.remove("over"); take([...event.dataTransfer.files]); };
  input.onchange = () => { take([...input.files]); input.value = ""; };
}

async function upload(file) {
  const answer = await call("POST", "/uploads", file.slice(), {"Content-Type": "application/octet-stream", "X-Dressform-Name": encodeURIComponent(file.name)});
  return (await answer.json()).id;
}

async function submit(event) {
  event.preventDefault();
  by("trouble").textContent = "";
  if (!person) { by("trouble").textContent = "Choose a photo of the person first."; by("person").focus(); return; }
  const height = by("height").value.trim();
  by("go").disabled = true;
  try {
    const request = {person: await upload(person), garments: [], height_m: height ? Number(height) : null, ...placesOf(person)};
    for (const garment of garments) {
      const {file, ...asked} = garment;
      request.garments.push({photo: await upload(file), ...asked, ...placesOf(file)});
    }
    if (!garments.length) request.tryon = "none";
    else if (by("tryon").value) request.tryon = by("tryon").value;
    const job = await (await call("POST", "/jobs", {request})).json();
    show(job.id);
  } catch (trouble) { by("trouble").textContent = trouble.message; }
  by("go").disabled = false;
}

function show(id) {
  shown = id;
  by("idle").hidden = true;
  clear();
  follow();
}

function clear() {
  stopTurning();
  stopTurning = () => {};
  for (const url of urls) URL.revokeObjectURL(url);
  urls = [];
  by("outcome").replaceChildren();
}

async function follow() {
  clearTimeout(timer);
  const id = shown;
  try {
    const job = await (await call("GET", "/jobs/" + id)).json();
    if (id !== shown) return;
    const active = job.state === "queued" || job.state === "running";
    by("running").hidden = !active;
    if (active) {
      const words = job.state === "queued" ? "Waiting, place " + job.position : (job.cancelling ? "Cancelling …" : job.message);
      if (by("stage").textContent !== words) by("stage").textContent = words;
      by("bar").value = job.total ? job.step / job.total : 0;
      by("cancel").disabled = job.cancelling;
      timer = setTimeout(follow, 500);
    } else { await drawOutcome(job); drawLooks(); }
  } catch (trouble) {
    if (trouble.code === "unreachable") timer = setTimeout(follow, 2000);
    by("stage").textContent = trouble.message;
  }
}

async function drawOutcome(job) {
  clear();
  const parts = [];
  if (job.state === "failed") {
    parts.push(element("p", job.message, {class: "bad"}), element("p", job.hint));
    if (job.log_tail) {
      const details = element("details");
      details.append(element("summary", "What the engine wrote"), element("pre", job.log_tail));
      parts.push(details);
    }
  } else if (job.state === "cancelled") parts.push(element("p", "Cancelled."));
  else {
    parts.push(element("p", "Done: " + job.title, {class: "good"}));
    const pictures = element("div", "", {class: "pictures"});
    for (const [name, caption] of [["tryon.png", "Wearing the garments"], ["person.png", "The person, cut out"]]) {
      if (!job.results.includes(name)) continue;
      const figure = element("figure");
      figure.append(element("img", "", {alt: caption, src: await fetched(job.id, name)}), element("figcaption", caption));
      pictures.append(figure);
    }
    parts.push(pictures);
    if (job.results.includes("look.glb")) drawTurning(job.id, pictures);
    const links = element("p");
    for (const name of job.results.filter(name => !name.includes("/"))) {
      const link = element("a", "Save " + name, {href: "#", download: name});
      link.onclick = event => { if (link.getAttribute("href") === "#") { event.preventDefault(); save(job.id, name, link); } };
      links.append(link, " \u00a0 ");
    }
    parts.push(links);
    if (job.results.includes("look.json")) {
      const licence = element("p", "", {class: "hint"});
      parts.push(licence);
      drawLicence(job.id, licence).catch(trouble => { licence.textContent = trouble.message; });
    }
    if (job.warnings.length) {
      const list = element("ul", "", {class: "hint"});
      for (const warning of job.warnings) list.append(element("li", warning));
      parts.push(list);
    }
  }
  by("outcome").replaceChildren(...parts);
}

async function drawTurning(id, pictures) {
  const canvas = element("canvas", "", {class: "view", tabindex: "0", role: "img", "aria-label": "The look in 3D; the arrow keys turn it"});
  try {
    const glb = await (await call("GET", "/jobs/" + id + "/results/look.glb")).arrayBuffer();
    const figure = element("figure");
    figure.append(canvas, element("figcaption", "In 3D: drag, or use the arrow keys"));
    const stop = await turnModel(canvas, glb);
    if (id !== shown) { stop(); return; }
    stopTurning = stop;
    pictures.prepend(figure);
  } catch (trouble) { console.warn("no 3D view:", trouble.message); }  // the pictures and the file are there all the same
}

async function fetched(id, name) {
  const blob = await (await call("GET", "/jobs/" + id + "/results/" + name.split("/").map(encodeURIComponent).join("/"))).blob();
  const url = URL.createObjectURL(blob);
  urls.push(url);
  return url;
}

async function save(id, name, link) {
  try { link.href = await fetched(id, name); link.click(); }
  catch (trouble) { by("outcome").append(element("p", trouble.message, {class: "bad"})); }
}

async function drawLooks() {
  const {jobs} = await (await call("GET", "/jobs")).json();
  by("no-looks").hidden = jobs.length > 0;
  by("looks").replaceChildren(...jobs.slice(0, 30).map(job => {
    const row = element("li");
    const button = element("button", "Show", {type: "button", "aria-label": "Show " + job.title});
    button.onclick = () => show(job.id);
    row.append(element("span", job.title, {class: "title"}), element("span", job.state, {class: "hint"}), button);
    return row;
  }));
}

function licenceOf(backend) {
  if (!backend.models.length) return "Embedded: results may be sold.";
  const use = {yes: "Results may be sold", no: "Results may NOT be sold", conditions: "Under conditions"}[backend.commercial];
  return use + " (" + backend.licence + "). " + (backend.commercial === "yes" ? "" : backend.conditions);
}

async function drawMethods() {
  const {backends} = await (await call("GET", "/models")).json();
  const methods = backends.filter(backend => backend.stage === "tryon" && backend.name !== "none");
  by("tryon").replaceChildren(...methods.map(backend => {
    const lack = backend.ready ? "" : backend.missing.length ? " (not on the engine's machine)" : " (licence not accepted)";
    const choice = element("option", backend.title + lack, {value: backend.name});
    choice.disabled = !backend.ready;
    return choice;
  }));
  by("tryon").onchange = () => { by("licence").textContent = licenceOf(methods.find(backend => backend.name === by("tryon").value)); };
  by("tryon").onchange();
  by("methods").hidden = methods.length < 2;
}

async function drawLicence(id, place) {
  const report = await (await call("GET", "/jobs/" + id + "/results/look.json")).json();
  if (!report.licences) return;
  const bound = report.licences.filter(part => part.conditions).map(part => part.name + ": " + part.licence);
  const use = !report.commercial_use ? "NON-COMMERCIAL use only" : (report.conditions || []).length ? "Commercial use under conditions" : "Commercial use allowed";
  place.textContent = use + (bound.length ? " (" + bound.join(", ") + ")" : "");
  place.className = report.commercial_use ? "hint" : "bad";
}

async function begin() {
  if (!token) {
    by("engine").textContent = "This address lacks the engine's token. Open the page from Blender's preferences, or with the address the engine printed.";
    by("engine").className = "bad";
    by("go").disabled = true;
    return;
  }
  try {
    const status = await (await call("GET", "/status")).json();
    const devices = status.workers.map(worker => worker.device).filter(Boolean).join(", ");
    by("engine").textContent = "Engine ready" + (devices ? " on " + devices : "") + (status.queued ? ", " + status.queued + " waiting" : "");
    await drawMethods();
    await drawLooks();
  } catch (trouble) { by("engine").textContent = trouble.message; by("engine").className = "bad"; }
}

receive(by("person-drop"), by("person"), choosePerson);
receive(by("garment-drop"), by("garment"), addGarments);
by("form").onsubmit = submit;
by("person-mark").onclick = () => markPhoto(person, "The clothes to replace in " + person.name, drawPersonMark);
by("cancel").onclick = () => call("POST", "/jobs/" + shown + "/cancel", {}).catch(trouble => { by("stage").textContent = trouble.message; });
begin();
