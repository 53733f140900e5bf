-- Those whose time has come, which rest from now on.
-- KEYS[1]  when   zset  key -> due, seconds
-- KEYS[2]  texts  hash  key -> text
-- ARGV[1]  how many at most
-- ARGV[2]  seconds of rest
-- Returns  key, text of each
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
local answer = {}
for _, key in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[1])) do
  local text = redis.call('HGET', KEYS[2], key)
  if text then
    redis.call('ZADD', KEYS[1], now + tonumber(ARGV[2]), key)
    answer[#answer + 1] = key
    answer[#answer + 1] = text
  else
    redis.call('ZREM', KEYS[1], key)
  end
end
return answer
