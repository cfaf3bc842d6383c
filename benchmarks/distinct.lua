-- For wrk: asks each question once. wrk … -s distinct.lua URL -- counts|trending FROM TO NUMBER REPO…, where FROM and TO
-- are the data's first minute and the minute after its last, in minutes since 1970, and NUMBER is that of the first
-- question: a second run that begins after the last one of the first asks nothing again. Prints one line at the end.
local kind, from, to
local repos = {}
local asked = 0

function init(arguments)
  kind, from, to = arguments[1], tonumber(arguments[2]), tonumber(arguments[3])
  asked = tonumber(arguments[4])
  for i = 5, #arguments do repos[#repos + 1] = arguments[i] end
end

-- The questions differ in the window's end first (in an order that jumps about), then in length, limit and repository.
function request()
  local n = asked
  asked = asked + 1
  local path
  if kind == "counts" then
    local minutes = to - from
    local until_minute = from + 1 + (n * 7919) % minutes
    local length = 1 + (n * 104729) % 2880
    path = "/metrics/event-counts?offset_minutes=" .. length .. "&until=" .. os.date("!%Y-%m-%dT%H:%M:00Z", until_minute * 60)
    if n % 2 == 1 then path = path .. "&repo=" .. repos[1 + math.floor(n / 2) % #repos] end
  else
    local minutes = to - from - 1440
    local until_minute = from + 1440 + (n * 7919) % minutes
    path = "/metrics/trending?hours=24&limit=" .. (10 + math.floor(n / minutes) % 90)
      .. "&until=" .. os.date("!%Y-%m-%dT%H:%M:00Z", until_minute * 60)
  end
  return wrk.format("GET", path)
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format("distinct requests=%d per_second=%.0f p50_ms=%.2f p99_ms=%.2f max_ms=%.2f errors=%d\n",
    summary.requests, summary.requests / (summary.duration / 1e6), latency:percentile(50) / 1000,
    latency:percentile(99) / 1000, latency.max / 1000,
    errors.status + errors.connect + errors.read + errors.write + errors.timeout))
end
