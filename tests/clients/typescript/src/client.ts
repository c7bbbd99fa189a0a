// Client setup with the generated types: one client without a key, one with an editor key.
import assert from "node:assert/strict";
import createClient, { type Middleware } from "openapi-fetch";
import type { components, paths } from "../generated/kinoteka.js";

export type Schemas = components["schemas"];
export type Kinoteka = ReturnType<typeof connect>;

/** Operations that were called, as method and path template: `GET /v1/videos/{video}`. */
const used = new Set<string>();

const recordOperation: Middleware = {
  onRequest({ request, schemaPath }) {
    used.add(`${request.method} ${schemaPath}`);
  },
};

/** Creates a client of the catalogue at `baseUrl`; with a key, it may write. */
export function connect(baseUrl: string, key?: string) {
  const client = createClient<paths>({
    baseUrl,
    // The document declares `explode: false` for all lists: `fields=slug,title`.
    querySerializer: { array: { style: "form", explode: false } },
    ...(key === undefined ? {} : { headers: { Authorization: `Bearer ${key}` } }),
  });
  client.use(recordOperation);
  return client;
}

/** Result of one call of the client. */
interface Outcome<Data, Problem> {
  data?: Data;
  error?: Problem;
  response: Response;
}

/** Returns the body of a response; fails unless the response has this status and a body. */
export function found<Data>(outcome: Outcome<Data, unknown>, status: number): NonNullable<Data> {
  const { data, error, response } = outcome;
  assert.equal(response.status, status, `${response.url}: ${JSON.stringify(error)}`);
  assert.ok(data !== undefined && data !== null, `${response.url} has no body`);
  return data;
}

/** Fails unless the response has this status and no body. */
export function empty(outcome: Outcome<unknown, unknown>, status: number): void {
  const { data, error, response } = outcome;
  assert.equal(response.status, status, `${response.url}: ${JSON.stringify(error)}`);
  assert.ok(!data && !error, `${response.url} has a body`);
}

/** Returns the problem details of a response; fails unless it is a problem with this status. */
export function refused<Problem>(outcome: Outcome<unknown, Problem>, status: number): NonNullable<Problem> {
  const { error, response } = outcome;
  assert.equal(response.status, status, `${response.url} was not rejected`);
  assert.equal(response.headers.get("Content-Type"), "application/problem+json");
  assert.ok(error !== undefined && error !== null);
  return error;
}

/** Narrows an item to its full representation, which responses contain unless `fields` is sent. */
export function whole<Item extends object>(item: Item): Extract<Item, { revision: number }> {
  assert.ok("revision" in item, "a response without `fields` has all members");
  return item as Extract<Item, { revision: number }>;
}

/** Returns the entity tag of a response; fails if it has none. */
export function tag(outcome: { response: Response }): string {
  const tag = outcome.response.headers.get("ETag");
  assert.ok(tag, `${outcome.response.url} has no ETag`);
  return tag;
}

/** Fails if an operation of `document` was not called; returns the number of operations. */
export function assertComplete(document: Record<string, unknown>): number {
  const { paths } = document as { paths: Record<string, Record<string, unknown>> };
  const operations = Object.entries(paths).flatMap(([path, item]) =>
    Object.keys(item)
      .filter((method) => ["get", "put", "post", "delete", "patch", "head", "options", "trace"].includes(method))
      .map((method) => `${method.toUpperCase()} ${path}`),
  );
  const unused = operations.filter((operation) => !used.has(operation));
  assert.deepEqual(unused, [], "operations of the document that were not called");
  return operations.length;
}
