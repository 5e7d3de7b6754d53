-- What wrk sends: a piece of one file and a piece of another, both by lot; or, where it is told "in-order", the first
-- with the first, the second with the second, until there are no more. Pieces end with a zero byte.
local threads = {}

local function pieces(path)
  local file = assert(io.open(path, "rb"))
  local found = {}
  for piece in file:read("*a"):gmatch("([^%z]*)%z") do
    found[#found + 1] = piece
  end
  file:close()
  return found
end

function setup(thread)
  threads[#threads + 1] = thread
end

function init(arguments)
  math.randomseed(tonumber(arguments[4]))
  heads, tails, in_order = pieces(arguments[1]), pieces(arguments[2]), arguments[3] == "in-order"
  sent, used_up = 0, 0
end

function request()
  if in_order then
    sent = sent + 1
    if sent > #heads then
      used_up = 1
      wrk.thread:stop()
      return heads[#heads] .. tails[#tails]
    end
    return heads[sent] .. tails[(sent - 1) % #tails + 1]
  end
  return heads[math.random(#heads)] .. tails[math.random(#tails)]
end

function done(summary, latency, requests)
  local used = 0
  for _, thread in ipairs(threads) do
    used = used + thread:get("used_up")
  end
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests": %d, "microseconds": %d, "bytes": %d, "p50": %d, "p99": %d, "wrong": %d, "broken": %d, "used_up": %d}\n',
    summary.requests, summary.duration, summary.bytes, latency:percentile(50), latency:percentile(99),
    errors.status, errors.connect + errors.read + errors.write + errors.timeout, used))
end
