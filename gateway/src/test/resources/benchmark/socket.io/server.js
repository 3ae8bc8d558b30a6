// Socket.IO with one room for each dialog and nothing else; the producer is the same as in the other servers.
const http = require('http');
const { Server } = require('socket.io');

const server = http.createServer((request, response) => {
  const url = new URL(request.url, 'http://localhost');
  if (url.pathname !== '/produce') {
    response.writeHead(404).end();
    return;
  }
  response.writeHead(200, { 'Content-Length': 7 }).end('started');
  const number = (name) => Number(url.searchParams.get(name));
  produce(number('first'), number('dialogs'), number('rate'), number('seconds'), number('size'));
});
server.keepAliveTimeout = 120000;
server.requestTimeout = 0;

const io = new Server(server, {
  serveClient: false,
  perMessageDeflate: false,
  httpCompression: false,
  cors: false,
  pingInterval: 600000, // the generator's polls answer no pings
});
const publish = (dialog, text) => io.to('dialog ' + dialog).emit('message', text);

io.on('connection', (socket) => {
  const dialog = socket.handshake.query.dialog; // where no frame can say it before the first poll
  if (dialog !== undefined) {
    socket.join('dialog ' + dialog);
  }
  socket.on('join', (dialog, done) => {
    socket.join('dialog ' + dialog);
    done();
  });
  socket.on('publish', publish);
});

function produce(first, dialogs, rate, seconds, size) {
  const total = Math.round(rate * seconds) * dialogs;
  const begin = process.hrtime.bigint();
  let done = 0;
  const timer = setInterval(() => {
    const now = process.hrtime.bigint();
    const due = Math.min(total, Math.floor((Number(now - begin) / 1e9) * rate * dialogs));
    for (; done < due; done++) {
      publish(first + (done % dialogs), stamped(now, Math.floor(done / dialogs) + 1, size));
    }
    if (done === total) {
      clearInterval(timer);
    }
  }, 1);
}

const hex = (value, digits) => value.toString(16).padStart(digits, '0');
const stamped = (due, number, size) => ('@T=' + hex(due, 13) + '.' + hex(number, 6)).padEnd(size, 'x');

process.on('SIGUSR2', () => {
  global.gc();
  global.gc();
});
server.listen({ port: Number(process.argv[2]), host: '127.0.0.1', backlog: 4096 });
