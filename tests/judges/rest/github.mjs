// A GitHub that has nothing new: prints where it listens.
import { createServer } from "node:http";

const server = createServer((request, response) => {
    request.resume();
    response.writeHead(200, { "content-type": "application/json", "x-poll-interval": "60", etag: '"nothing"' });
    response.end("[]");
});
server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}`));
