// Client setup with the generated types: one client without a key, one with an editor key.
import assert from "node:assert/strict";
import createClient, { type Middleware } from "openapi-fetch";
import type { components, paths } from "../generated/kinoteka.js";

export type Schemas = components["schemas"];
export type Kinoteka = ReturnType<typeof connect>;

/** Methods and addresses that were used, as the document writes them: `GET /v1/videos/{video}`. */
const used = new Set<string>();

const remember: Middleware = {
  onRequest({ request, schemaPath }) {
    used.add(`${request.method} ${schemaPath}`);
  },
};

/** A client of the catalogue at `baseUrl`; with a key, one that may write. */
export function connect(baseUrl: string, key?: string) {
  const client = createClient<paths>({
    baseUrl,
    // The document declares `explode: false` for all lists: `fields=slug,title`.
    querySerializer: { array: { style: "form", explode: false } },
    ...(key === undefined ? {} : { headers: { Authorization: `Bearer ${key}` } }),
  });
  client.use(remember);
  return client;
}

/** What the client hands out for one call. */
interface Outcome<Data, Problem> {
  data?: Data;
  error?: Problem;
  response: Response;
}

/** The body of an answer that must have this status and one of this type. */
export function found<Data>(outcome: Outcome<Data, unknown>, status: number): NonNullable<Data> {
  const { data, error, response } = outcome;
  assert.equal(response.status, status, `${response.url}: ${JSON.stringify(error)}`);
  assert.ok(data !== undefined && data !== null, `${response.url} has no body`);
  return data;
}

/** An answer that must have this status and no body. */
export function empty(outcome: Outcome<unknown, unknown>, status: number): void {
  const { data, error, response } = outcome;
  assert.equal(response.status, status, `${response.url}: ${JSON.stringify(error)}`);
  assert.ok(!data && !error, `${response.url} has a body`);
}

/** The problem that an answer of this status must be. */
export function refused<Problem>(outcome: Outcome<unknown, Problem>, status: number): NonNullable<Problem> {
  const { error, response } = outcome;
  assert.equal(response.status, status, `${response.url} was not refused`);
  assert.equal(response.headers.get("Content-Type"), "application/problem+json");
  assert.ok(error !== undefined && error !== null);
  return error;
}

/** An item with all its fields: what an answer is when `fields` was not given. */
export function whole<Item extends object>(item: Item): Extract<Item, { revision: number }> {
  assert.ok("revision" in item, "an item that was asked for without `fields` has all of them");
  return item as Extract<Item, { revision: number }>;
}

/** The entity tag of an answer. */
export function tag(outcome: { response: Response }): string {
  const tag = outcome.response.headers.get("ETag");
  assert.ok(tag, `${outcome.response.url} has no ETag`);
  return tag;
}

/** Fails for every operation of `document` that no call has used; gives their number. */
export function assertComplete(document: Record<string, unknown>): number {
  const { paths } = document as { paths: Record<string, Record<string, unknown>> };
  const operations = Object.entries(paths).flatMap(([path, item]) =>
    Object.keys(item)
      .filter((method) => ["get", "put", "post", "delete", "patch", "head", "options", "trace"].includes(method))
      .map((method) => `${method.toUpperCase()} ${path}`),
  );
  const unused = operations.filter((operation) => !used.has(operation));
  assert.deepEqual(unused, [], "the program does not use these operations of the document");
  return operations.length;
}
