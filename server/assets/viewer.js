// SPDX-License-Identifier: GPL-3.0-or-later
// A small view of a look.glb: one textured mesh in its rest pose, turned by pointer or keys. Layout: glTF 2.0, GLB container.

const COMPONENTS = {5121: Uint8Array, 5123: Uint16Array, 5125: Uint32Array, 5126: Float32Array};
const WIDTHS = {SCALAR: 1, VEC2: 2, VEC3: 3, VEC4: 4};
const VERTEX_SHADER = `#version 300 es
in vec3 position; in vec3 normal; in vec2 place;
uniform mat4 view; uniform vec2 turn; out vec3 facing; out vec2 uv;
void main() {
  facing = vec3(turn.x * normal.x + turn.y * normal.z, normal.y, turn.x * normal.z - turn.y * normal.x);
  uv = place; gl_Position = view * vec4(position, 1.0);
}`;
const FRAGMENT_SHADER = `#version 300 es
precision highp float;
in vec3 facing; in vec2 uv; uniform sampler2D colour; out vec4 pixel;
void main() {
  float light = 0.84 + 0.16 * dot(normalize(facing), normalize(vec3(0.35, 0.5, 0.8)));
  pixel = vec4(texture(colour, uv).rgb * light, 1.0);
}`;

// The JSON and the binary chunk of a GLB file.
function readContainer(buffer) {
  const head = new DataView(buffer);
  if (buffer.byteLength < 20 || head.getUint32(0, true) !== 0x46546c67) throw new Error("not a GLB file");
  const length = head.getUint32(12, true);
  const json = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 20, length)));
  return {json, offset: 20 + length + 8};
}

// Numbers of an accessor; looks are written without interleaving.
function readAccessor(buffer, {json, offset}, index) {
  const accessor = json.accessors[index], view = json.bufferViews[accessor.bufferView];
  const start = offset + (view.byteOffset || 0) + (accessor.byteOffset || 0);
  const Kind = COMPONENTS[accessor.componentType], count = accessor.count * WIDTHS[accessor.type];
  return new Kind(buffer.slice(start, start + count * Kind.BYTES_PER_ELEMENT));
}

async function readTexture(buffer, {json, offset}, primitive) {
  const colour = json.materials[primitive.material].pbrMetallicRoughness.baseColorTexture;
  const image = json.images[json.textures[colour.index].source], view = json.bufferViews[image.bufferView];
  const start = offset + (view.byteOffset || 0);
  return createImageBitmap(new Blob([buffer.slice(start, start + view.byteLength)], {type: image.mimeType}));
}

function compile(gl) {
  const program = gl.createProgram();
  for (const [kind, source] of [[gl.VERTEX_SHADER, VERTEX_SHADER], [gl.FRAGMENT_SHADER, FRAGMENT_SHADER]]) {
    const shader = gl.createShader(kind);
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS)) throw new Error(gl.getProgramInfoLog(program));
  gl.useProgram(program);
  return program;
}

function bounds(positions) {
  const low = [Infinity, Infinity, Infinity], high = [-Infinity, -Infinity, -Infinity];
  for (let i = 0; i < positions.length; i++) {
    low[i % 3] = Math.min(low[i % 3], positions[i]);
    high[i % 3] = Math.max(high[i % 3], positions[i]);
  }
  const radius = Math.hypot(high[0] - low[0], high[2] - low[2]) / 2;
  return {middle: low.map((value, axis) => (value + high[axis]) / 2), height: high[1] - low[1], radius};
}

// The orthographic view of a model turned about its vertical axis, column-major.
function viewMatrix(angle, {middle, height, radius}, aspect) {
  const half = Math.max(height / 2, radius / aspect) * 1.06;
  const [c, s] = [Math.cos(angle), Math.sin(angle)], [x, y, z] = middle;
  const [w, h, d] = [1 / (half * aspect), 1 / half, 1 / (height + 2 * radius)];
  return new Float32Array([c * w, 0, s * d, 0, 0, h, 0, 0, s * w, 0, -c * d, 0, -(c * x + s * z) * w, -y * h, -(s * x - c * z) * d, 1]);
}

// Shows a GLB in a canvas and returns a function that ends it. Turns by itself unless the user wants less motion.
async function turnModel(canvas, buffer) {
  const container = readContainer(buffer);
  const primitive = container.json.meshes[0].primitives[0];
  const texture = await readTexture(buffer, container, primitive);
  const gl = canvas.getContext("webgl2", {antialias: true});
  if (!gl) throw new Error("this browser has no WebGL 2");
  const program = compile(gl);
  const positions = readAccessor(buffer, container, primitive.attributes.POSITION);
  const indices = readAccessor(buffer, container, primitive.indices);
  const attributes = [["position", 3, positions], ["normal", 3, readAccessor(buffer, container, primitive.attributes.NORMAL)],
                      ["place", 2, readAccessor(buffer, container, primitive.attributes.TEXCOORD_0)]];
  for (const [name, width, values] of attributes) {
    const location = gl.getAttribLocation(program, name);
    gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
    gl.bufferData(gl.ARRAY_BUFFER, values, gl.STATIC_DRAW);
    gl.enableVertexAttribArray(location);
    gl.vertexAttribPointer(location, width, gl.FLOAT, false, 0, 0);
  }
  gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, gl.createBuffer());
  gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, new Uint32Array(indices), gl.STATIC_DRAW);
  gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, texture);
  gl.generateMipmap(gl.TEXTURE_2D);
  gl.enable(gl.DEPTH_TEST);
  gl.clearColor(0, 0, 0, 0);

  const box = bounds(positions), still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  let angle = -0.5, held = null, touched = still, frame = 0, last = 0;
  const draw = time => {
    if (!touched && held === null) angle += Math.min(time - last, 100) * 0.0006;
    last = time;
    const sharpness = window.devicePixelRatio || 1, [w, h] = [canvas.clientWidth * sharpness | 0, canvas.clientHeight * sharpness | 0];
    if (canvas.width !== w || canvas.height !== h) [canvas.width, canvas.height] = [w, h];
    gl.viewport(0, 0, w, h);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    gl.uniformMatrix4fv(gl.getUniformLocation(program, "view"), false, viewMatrix(angle, box, w / Math.max(h, 1)));
    gl.uniform2f(gl.getUniformLocation(program, "turn"), Math.cos(angle), Math.sin(angle));
    gl.drawElements(gl.TRIANGLES, indices.length, gl.UNSIGNED_INT, 0);
    frame = requestAnimationFrame(draw);
  };
  canvas.onpointerdown = event => { held = event.clientX; touched = true; canvas.setPointerCapture(event.pointerId); };
  canvas.onpointermove = event => { if (held !== null) { angle += (event.clientX - held) * 0.01; held = event.clientX; } };
  canvas.onpointerup = canvas.onpointercancel = () => { held = null; };
  canvas.onkeydown = event => {
    const step = {ArrowLeft: -0.15, ArrowRight: 0.15}[event.key];
    if (step) { angle += step; touched = true; event.preventDefault(); }
  };
  frame = requestAnimationFrame(draw);
  return () => { cancelAnimationFrame(frame); gl.getExtension("WEBGL_lose_context")?.loseContext(); };
}
