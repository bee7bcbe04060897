-- What the scripts of wrk here have in common.

-- From now on every reply is looked at, and the process ends when this many were right: for filling swarms. wrk calls `response` for every reply if there
-- is such a function, which costs time, so there is none where requests are counted.
function look_at_replies(count, is_right)
  local left = count
  function response(status, headers, body)
    if status ~= 200 or not is_right(body) then
      io.stderr:write(string.format('a wrong reply: status %d, %q\n', status, body))
      os.exit(3)
    end
    left = left - 1
    if left == 0 then os.exit(0) end
  end
end

-- What wrk says at the end, for wrk-output.ts: one line of JSON. Latencies in microseconds.
function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\nRESULT {"requests":%d,"microseconds":%d,"p50":%d,"p99":%d,"connect":%d,"read":%d,"write":%d,"status":%d,"timeout":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    errors.connect, errors.read, errors.write, errors.status, errors.timeout))
end
