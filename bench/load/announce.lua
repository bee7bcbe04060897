-- The stream of announces of workload.ts, for wrk: every part of a request is made once, a request is one concatenation.
-- Arguments: file of request heads, host, the place in the stream to begin at, keep-alive or close, how many announces (0: until the time is over),
-- how many threads there are: they take places in turns.
-- With a number of announces every reply is looked at, and the process ends when the last has come: that is for filling swarms.

dofile(os.getenv('SCRIPTS') .. '/shared.lua')

local peers, multiplier, increment = 2 ^ 20, 1664525, 1013904223
local floor, ceil, format = math.floor, math.ceil, string.format
local heads, starts, ids, tails = {}, {}, {}, {}
local peer, swarms, threads = 0, 0, 1
local threads_made = 0

function setup(thread)
  thread:set('number', threads_made)
  threads_made = threads_made + 1
end

local function skip(places)
  for _ = 1, places do peer = (peer * multiplier + increment) % peers end
end

local function is_right(body)
  return body:find('5:peers', 1, true) and not body:find('failure reason', 1, true)
end

function init(args)
  local file, host, first, connection, count = args[1], args[2], tonumber(args[3]), args[4], tonumber(args[5])
  threads = tonumber(args[6])
  for head in io.lines(file) do
    heads[swarms] = head
    swarms = swarms + 1
  end
  for swarm = 0, swarms - 1 do starts[swarm] = ceil(swarm * peers / swarms) end
  for i = 0, 1023 do ids[i] = format('%03x', i) end
  local header = connection == 'close' and 'Connection: close\r\n' or ''
  for member = 0, ceil(peers / swarms) do
    local left = member % 3 == 0 and 0 or 123456789
    tails[member] = format('&port=%d&uploaded=0&downloaded=0&left=%d&compact=1 HTTP/1.1\r\nHost: %s\r\n%s\r\n',
      1024 + member, left, host, header)
  end
  skip((first + number) % peers)
  if count > 0 then look_at_replies(count, is_right) end
end

function request()
  local swarm = floor(peer * swarms / peers)
  local text = heads[swarm] .. '000000' .. ids[floor(peer / 1024)] .. ids[peer % 1024] .. tails[peer - starts[swarm]]
  skip(threads)
  return text
end
