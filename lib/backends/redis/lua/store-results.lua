-- Stores states of tasks, never over SUCCESS, and tells those who wait for them.
-- KEYS[i]      the key of a result, which is also the name of its channel; a later one of the same task wins
-- ARGV[1]      how long they are kept, milliseconds; 0 for ever
-- ARGV[1 + i]  its text
-- Returns      the numbers, from 1, of keys that hold something else than a text: nothing was stored for those

local refused = {}
local wroteNothing = true
for i, key in ipairs(KEYS) do
  local start = redis.pcall('GETRANGE', key, 0, 19)
  if type(start) == 'table' then
    if not string.find(start.err, 'WRONGTYPE', 1, true) then
      return start
    end
    refused[#refused + 1] = i
  elseif start ~= '{"status": "SUCCESS"' then
    if wroteNothing then
      -- A full server refuses a script whose first write needs memory, and lets all pass of one that began by freeing some.
      redis.call('DEL', key)
      wroteNothing = false
    end
    local value = ARGV[1 + i]
    if ARGV[1] == '0' then
      redis.call('SET', key, value)
    else
      redis.call('SET', key, value, 'PX', ARGV[1])
    end
    redis.call('PUBLISH', key, value)
  end
end
return refused
