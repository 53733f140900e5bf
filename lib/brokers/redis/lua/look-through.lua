-- What waits of a queue, and a page of what is held or parked, by queue. In one step, so that a message on its way from one to
-- the other is not missed.
-- KEYS[1]  unacked        hash  tag -> record
-- KEYS[2]  unacked_index  zset  tag -> last proof of life, or due
-- KEYS[3]  ntq:parked     zset  tag -> due
-- KEYS[4…] lists of the queue, and their heads
-- ARGV[1]  first of the page
-- ARGV[2]  end of the queue's records
-- Returns  how many entries were looked at, how many of the queue are held, how many are parked, how many wait
local tags = redis.call('ZRANGE', KEYS[2], ARGV[1], ARGV[1] + 499)
local held, parked, waiting = 0, 0, 0
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
for k = 4, #KEYS do waiting = waiting + redis.call('LLEN', KEYS[k]) end
return { #tags, held, parked, waiting }
