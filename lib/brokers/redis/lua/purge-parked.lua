-- Deletes a page of a queue's parked messages.
-- KEYS[1]  unacked        hash  tag -> record
-- KEYS[2]  unacked_index  zset  tag -> last proof of life, or due
-- KEYS[3]  ntq:parked     zset  tag -> due
-- ARGV[1]  first of the page
-- ARGV[2]  end of the queue's records
-- Returns  how many were looked at, how many were deleted
local tags = redis.call('ZRANGE', KEYS[3], ARGV[1], ARGV[1] + 499)
local deleted = 0
for _, tag in ipairs(tags) do
  local record = redis.call('HGET', KEYS[1], tag)
  if record and string.sub(record, -#ARGV[2]) == ARGV[2] then
    redis.call('HDEL', KEYS[1], tag)
    redis.call('ZREM', KEYS[2], tag)
    redis.call('ZREM', KEYS[3], tag)
    deleted = deleted + 1
  end
end
return { #tags, deleted }
