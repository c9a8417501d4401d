// A machine without lamport, which answers what it is asked.
//
// node machine.js ID PORT HOST:PORT [lamport/1]: its id, its port, its one peer; lamport/1 has no bodies.
const net = require("node:net");
const { randomBytes } = require("node:crypto");

const [me, port, peer, protocol = "lamport/2"] = process.argv.slice(2);
const [host, peerPort] = peer.split(":");
const run = "lab", history = randomBytes(8).toString("hex"), instance = randomBytes(8).toString("hex");

let clock = 0, accepted = 0, sent = 0, connection = null;
const kept = new Map(); // what the peer may not have in its log: lines by their timestamps

// Says what this machine does with a message.
function handle(sender, body) {
  send({ echo: body, clock });
}

function send(body) {
  clock += 1;
  // JSON lets control characters from 7f on stand as they are; the wire does not.
  const text = JSON.stringify(body).replace(/[\x7f-\x9f]/g, (c) => "\\u00" + c.charCodeAt(0).toString(16));
  kept.set(clock, `${clock}:${me}${protocol === "lamport/2" ? " " + text : ""}\n`);
  push();
}

function push() {
  for (const [timestamp, line] of kept) {
    if (connection === null || timestamp <= sent) continue;
    connection.write(line);
    sent = timestamp;
  }
}

// Calls `take` for each line that comes.
function lines(socket, take) {
  let rest = "";
  socket.setEncoding("utf8").on("error", () => {}).on("data", (text) => {
    const all = (rest + text).split("\n");
    rest = all.pop();
    all.forEach(take);
  });
}

// The peer connects: it says hello, then its messages, of which each counts once.
net.createServer((socket) => {
  let sender = null;
  lines(socket, (line) => {
    if (sender === null) {
      const [word, its, id] = line.split(" ");
      if (word !== protocol || its !== run) {
        return socket.end("no it speaks otherwise, or belongs to another run\n");
      }
      sender = Number(id);
      return socket.write(`ok ${me} ${history} ${accepted} ${accepted}\n`);
    }
    const [head, ...text] = line.split(" ");
    const timestamp = Number(head.split(":")[0]);
    if (timestamp > accepted) { // else it came before, on a connection that broke
      accepted = timestamp;
      clock = Math.max(clock, timestamp) + 1;
      handle(sender, JSON.parse(text.join(" ") || "null"));
    }
    socket.write(`ack ${accepted} ${accepted}\n`);
  });
}).listen(Number(port), "127.0.0.1");

// Connects to the peer, says hello, then all that it has not accepted; again whenever that breaks.
function connect() {
  const socket = net.connect(Number(peerPort), host);
  socket.write(`${protocol} ${run} ${me} ${history} ${instance}\n`);
  lines(socket, (line) => {
    const [word, ...rest] = line.split(" ");
    if (word === "ok") {
      [sent, connection] = [Number(rest[3]), socket];
      push();
    } else if (word === "ack") {
      for (const timestamp of kept.keys()) if (timestamp <= Number(rest[0])) kept.delete(timestamp);
    } else {
      console.error(line);
    }
  });
  socket.on("close", () => {
    connection = null;
    setTimeout(connect, 100);
  });
}
connect();
