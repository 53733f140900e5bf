-- A page of what is held or parked, by queue.
-- KEYS[1]  unacked        hash  tag -> record
-- KEYS[2]  unacked_index  zset  tag -> last proof of life, or due
-- KEYS[3]  ntq:parked     zset  tag -> due
-- ARGV[1]  first of the page
-- ARGV[2]  end of the queue's records
-- Returns  how many were looked at, how many of the queue are held, how many are parked
local tags = redis.call('ZRANGE', KEYS[2], ARGV[1], ARGV[1] + 499)
local held, parked = 0, 0
for _, tag in ipairs(tags) do
  local record = redis.call('HGET', KEYS[1], tag)
  if record and string.sub(record, -#ARGV[2]) == ARGV[2] then
    if redis.call('ZSCORE', KEYS[3], tag) then
      parked = parked + 1
    else
      held = held + 1
    end
  end
end
return { #tags, held, parked }
