-- Guests who order: each request has an e-mail address, an Idempotency-Key and two lines of its own.
local products, case = tonumber(os.getenv("BENCH_PRODUCTS")), os.getenv("BENCH_CASE") .. "-" .. os.getenv("BENCH_PHASE")
local hot = os.getenv("BENCH_HOT") == "1"
local headers = {["Content-Type"] = "application/json"}
local place, threads = 0, {}
local body = [[{"items": [{"sku": "S%d", "quantity": 1}, {"sku": "S%d", "quantity": 1}], "email": "%s",
"payment_method": "cash", "shipping": {"method": "economic", "address": {"name": "Beate Bench",
"line1": "1 Bench Street", "city": "Hamburg", "postal_code": "20457", "country": "DE"}}}]]
answers = {}

function setup(thread) table.insert(threads, thread) end

function init() math.randomseed(products + #case) end

function request()
  local first, second = 0, 1
  if not hot then
    first = math.random(0, products - 1)
    second = (first + math.random(1, products - 1)) % products
  end
  place = place + 1
  headers["Idempotency-Key"] = case .. "-" .. place
  local email = case .. "-" .. place .. "@bench.example.com"
  return wrk.format("POST", "/orders", headers, body:format(100000 + first, 100000 + second, email))
end

function response(status) answers[status] = (answers[status] or 0) + 1 end

function done(summary, latency)
  local p = function(share) return latency:percentile(share) / 1000 end
  local counted, all = {}, {}
  for _, thread in ipairs(threads) do
    for status, count in pairs(thread:get("answers")) do counted[status] = (counted[status] or 0) + count end
  end
  for status, count in pairs(counted) do table.insert(all, string.format('"%d": %d', status, count)) end
  io.write(string.format(
    '{"requests": %d, "seconds": %f, "errors": %d, "p50": %f, "p95": %f, "p99": %f, "answers": {%s}}\n',
    summary.requests, summary.duration / 1e6, summary.errors.status + summary.errors.connect + summary.errors.read +
    summary.errors.timeout, p(50), p(95), p(99), table.concat(all, ", ")))
end
