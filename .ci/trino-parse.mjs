// Parses every query of the catalog with Trino's grammar, bound with its defaults as Athena would get it.
//
//	node .ci/trino-parse.mjs
//
// It needs go and npm, and installs dt-sql-parser (MIT) into a temporary folder that it removes.
import { execFileSync } from "node:child_process";
import { mkdtempSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { register } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

// The package is written for bundlers: its imports name folders and files without their endings.
const resolver = `export async function resolve(name, context, next) {
  for (const end of ["", ".js", "/index.js"]) {
    try { return await next(name + end, context); } catch (e) { if (end === "/index.js") throw e; }
  }
}`;

const dir = mkdtempSync(join(tmpdir(), "trino-parse-"));
try {
  const queries = join(dir, "queries");
  mkdirSync(queries);
  execFileSync("go", ["test", "./catalog", "-count=1", "-run", "^TestTrino$", "-trino", queries], { stdio: "inherit" });
  execFileSync("npm", ["install", "--silent", "--no-audit", "--no-fund", "--prefix", dir, "dt-sql-parser@4.5.1"], { stdio: "inherit" });
  register("data:text/javascript," + encodeURIComponent(resolver));
  const { TrinoSQL } = await import(pathToFileURL(join(dir, "node_modules/dt-sql-parser/dist/index.js")).href);

  const parse = (sql) => new TrinoSQL().validate(sql);
  if (parse("SELECT 1 FROM t QUALIFY x = 1;").length === 0) throw new Error("the parser accepts what Trino does not");
  let wrong = 0;
  const files = readdirSync(queries).filter((f) => f.endsWith(".sql"));
  if (files.length === 0) throw new Error("no query was written");
  for (const file of files) {
    for (const e of parse(readFileSync(join(queries, file), "utf8") + ";")) {
      wrong++;
      console.error(`${file}:${e.startLine}:${e.startColumn}: ${e.message}`);
    }
  }
  console.log(`${files.length} queries, ${wrong} errors`);
  process.exitCode = wrong > 0 ? 1 : 0;
} finally {
  rmSync(dir, { recursive: true, force: true });
}
