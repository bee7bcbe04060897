-- Runs of a web action, for wrk: POST /run as OpenWhisk's invoker sends them, with the announces of a fixed set of peers, each of which turns from leecher
-- to seeder and back with every announce, so that each says something new and is written.
-- Arguments: file of escaped infohashes, host, file of the parameters that are bound to the action (JSON, without braces), peers in a swarm,
-- the place in the stream to begin at, how many runs (0: until the time is over). With a number every result is looked at.

dofile(os.getenv('SCRIPTS') .. '/shared.lua')

local floor, format = math.floor, string.format
local infohashes, members, states = {}, {}, {}
local swarms, size, place = 0, 0, 0
local head

-- A failure is marked no-store.
local function is_right(body)
  return body:find('"statusCode":200', 1, true) and not body:find('no-store', 1, true)
end

function init(args)
  local file, host, bound_file = args[1], args[2], args[3]
  size, place = tonumber(args[4]), tonumber(args[5])
  local count = tonumber(args[6])
  if count > 0 then look_at_replies(count, is_right) end
  for infohash in io.lines(file) do
    infohashes[swarms] = infohash
    swarms = swarms + 1
  end
  local bound = io.open(bound_file):read('*a')
  -- Fields of one width, so that every body has the same length.
  for member = 0, size - 1 do
    members[member] = format('&peer_id=-TR4050-%012d&port=%d&uploaded=0&downloaded=0', member, 10000 + member)
  end
  for state = 0, 1 do
    states[state] = format('&left=%d&compact=1"},"__ow_path":"",%s}}', state, bound)
  end
  local start = '{"activation_id":"00000000000000000000000000000000","action_name":"/guest/tracker/announce","namespace":"guest",'
    .. '"value":{"__ow_method":"get","__ow_query":"","__ow_headers":{"x-real-ip":"192.0.2.100","x-original-uri":"/announce?info_hash='
  local length = #start + #infohashes[0] + #members[0] + #states[0]
  head = format('POST /run HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s',
    host, length, start)
end

function request()
  local swarm = place % swarms
  local pass = floor(place / swarms)
  place = place + 1
  return head .. infohashes[swarm] .. members[pass % size] .. states[floor(pass / size) % 2]
end
