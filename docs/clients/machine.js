// A machine without lamport, which answers what it is asked: node machine.js ID PORT HOST:PORT [lamport/1].
const net = require("node:net"), { randomBytes } = require("node:crypto");

const [me, port, peer, protocol = "lamport/2"] = process.argv.slice(2);
const [peerHost, peerPort] = peer.split(":");
const history = randomBytes(8).toString("hex"), instance = randomBytes(8).toString("hex");
let clock = 0, accepted = 0, connection = null;
const kept = new Map(); // what the peer may not have in its log: lines by their timestamps

function handle(sender, body) { // what this machine does with a message
  send({ echo: body, clock });
}

function send(body) {
  clock += 1;
  // JSON lets control characters from 7f on stand as they are; the wire does not.
  const text = JSON.stringify(body).replace(/[\x7f-\x9f]/g, (c) => "\\u00" + c.charCodeAt(0).toString(16));
  kept.set(clock, `${clock}:${me}${protocol === "lamport/2" ? " " + text : ""}\n`);
  connection?.write(kept.get(clock));
}

function lines(socket, take) { // calls `take` for each line that comes, whole
  let rest = "";
  socket.setEncoding("utf8").on("error", () => {}).on("data", (text) => {
    const all = (rest + text).split("\n");
    rest = all.pop();
    all.forEach(take);
  });
}

net.createServer((socket) => { // the peer connects: hello, then its messages, of which each counts once
  let sender = null;
  lines(socket, (line) => {
    const [head, ...words] = line.split(" ");
    if (sender === null) {
      if (head !== protocol || words[0] !== "lab") return socket.end(`no this is ${protocol} of the run lab\n`);
      sender = Number(words[1]);
      return socket.write(`ok ${me} ${history} ${accepted} ${accepted}\n`);
    }
    const timestamp = parseInt(head);
    if (timestamp > accepted) { // else it came before, on a connection that broke
      [accepted, clock] = [timestamp, Math.max(clock, timestamp) + 1];
      handle(sender, JSON.parse(words.join(" ") || "null"));
    }
    socket.write(`ack ${accepted} ${accepted}\n`);
  });
}).listen(Number(port), "127.0.0.1");

function connect() { // connect to the peer: hello, then all that it has not accepted, and what comes after
  const socket = net.connect(Number(peerPort), peerHost);
  socket.write(`${protocol} lab ${me} ${history} ${instance}\n`);
  lines(socket, (line) => {
    const [word, ...numbers] = line.split(" ");
    if (word === "ok") {
      for (const [timestamp, text] of kept) if (timestamp > Number(numbers[3])) socket.write(text);
      connection = socket;
    } else if (word === "ack") { // what the peer has logged is kept no longer
      for (const timestamp of kept.keys()) if (timestamp <= Number(numbers[0])) kept.delete(timestamp);
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
