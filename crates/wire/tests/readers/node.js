// Reads one connection's bytes a line, in hexadecimal; prints what node's own HTTP server makes of each.
// A line out: requests as METHOD,target,body in hexadecimal, joined by blanks; "!" last if it refused something.
'use strict';
const http = require('node:http');
const { Duplex } = require('node:stream');

async function read(bytes) {
  const seen = [];
  let refused = false;
  const server = http.createServer((request, response) => {
    const pieces = [];
    const entry = { method: request.method, url: request.url, body: null };
    seen.push(entry);
    request.on('data', (piece) => pieces.push(piece));
    request.on('end', () => {
      entry.body = Buffer.concat(pieces).toString('hex');
      response.writeHead(204);
      response.end();
    });
    request.on('error', () => { refused = true; });
  });
  server.on('clientError', (error, socket) => { refused = true; socket.destroy(); });
  const socket = new Duplex({ read() {}, write(chunk, encoding, done) { done(); } });
  socket.setTimeout = () => socket;
  socket.setNoDelay = () => socket;
  socket.setKeepAlive = () => socket;
  socket.on('error', () => {});
  server.emit('connection', socket);
  socket.push(bytes);
  for (let turn = 0; turn < 12; turn += 1) await new Promise(setImmediate);
  socket.destroy();
  const whole = seen.filter((entry) => entry.body !== null);
  const words = whole.map((entry) => `${entry.method},${entry.url},${entry.body}`);
  return words.concat(refused ? ['!'] : []).join(' ');
}

(async () => {
  let input = '';
  for await (const piece of process.stdin) input += piece;
  for (const line of input.trim().split('\n')) {
    process.stdout.write(`${await read(Buffer.from(line, 'hex'))}\n`);
  }
  process.exit(0);
})();
