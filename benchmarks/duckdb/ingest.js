// DuckDB's turn: .json.gz hours into a finished table with payloads, duplicates left out.
// node ingest.js THREADS DATABASE FILE…: prints {"events","seconds","rss_kb","cpu_seconds"}; the time is without Node's own start.
const { DuckDBInstance } = require('@duckdb/node-api');

async function main() {
  const [threads, database, ...files] = process.argv.slice(2);
  const started = process.hrtime.bigint();
  const instance = await DuckDBInstance.create(database, { threads });
  const connection = await instance.connect();
  const list = files.map((file) => `'${file.replaceAll("'", "''")}'`).join(', ');
  await connection.run(`
    CREATE TABLE events AS
    SELECT DISTINCT ON (repo.id, created_at, type, id) *
    FROM read_json([${list}], format = 'newline_delimited', maximum_object_size = 33554432, columns = {
      id: 'VARCHAR', type: 'VARCHAR', actor: 'STRUCT(id BIGINT, login VARCHAR)',
      repo: 'STRUCT(id BIGINT, name VARCHAR)', payload: 'JSON', public: 'BOOLEAN', created_at: 'TIMESTAMP'})`);
  await connection.run('CHECKPOINT');
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
  const answer = await connection.runAndReadAll('SELECT count(*) FROM events');
  connection.closeSync();
  console.log(JSON.stringify({
    events: Number(answer.getRows()[0][0]), seconds, rss_kb: maxRSS, cpu_seconds: (userCPUTime + systemCPUTime) / 1e6,
  }));
}

main().catch((error) => {
  console.error(`ingest.js: ${error.message}`);
  process.exitCode = 1;
});
