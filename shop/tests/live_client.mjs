// Runs the browser client under Node and tells what it does, a JSON line each. The only argument is its options; each
// line that comes in closes it, is sent if it is JSON, or is an event of the window. Chance is left out: who waits between 0
// and n seconds waits for `chance` times n.
import { createInterface } from "node:readline";

const { client, tokens, chance, ...options } = JSON.parse(process.argv[2]);
const tell = (what) => process.stdout.write(JSON.stringify(what) + "\n");
Math.random = () => chance;
const page = new EventTarget(); // what `window` is to a browser
for (const name of ["addEventListener", "removeEventListener", "dispatchEvent"]) globalThis[name] = page[name].bind(page);
const { follow } = await import(client);

const feed = follow({
  ...options,
  token: ({ fresh }) => {
    const given = tokens.length > 1 ? tokens.shift() : tokens[0];
    tell({ asked: { fresh } });
    if (given === "unreachable") throw new Error("no network");
    return given;
  },
  onEvent: (event) => {
    tell({ event });
    if (event.data.broken) throw new Error("the page's own mistake");
  },
  onAnswer: (answer) => tell({ answer }),
  onState: (state) => tell({ state }),
});
process.on("uncaughtException", (error) => tell({ thrown: error.message }));
createInterface({ input: process.stdin }).on("line", (line) => {
  if (line === "close") feed.close();
  else if (line.startsWith("{")) tell({ sent: feed.send(JSON.parse(line)) });
  else globalThis.dispatchEvent(new Event(line));
});
