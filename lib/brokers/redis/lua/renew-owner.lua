-- As renew, for one who does not know the tags: the thread that looks after a worker whose event loop is busy.
-- KEYS[1]  unacked        hash  tag -> record
-- KEYS[2]  unacked_index  zset  tag -> last proof of life, or due
-- KEYS[3]  ntq:workers    zset  owner -> end of its lease
-- ARGV[1]  owner
-- ARGV[2]  only those not renewed since that time, seconds
-- ARGV[3]  how many tags to look at
-- ARGV[4]  how many to skip
-- Returns  status: FENCED or OK; then how many were looked at and how many renewed
-- @include now
if not redis.call('ZSCORE', KEYS[3], ARGV[1]) then return { 'FENCED' } end
redis.call('HDEL', KEYS[1], '')
local tags = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', ARGV[2], 'LIMIT', ARGV[4], ARGV[3])
local own, renewed = 'ntq:' .. ARGV[1] .. ':', 0
for _, tag in ipairs(tags) do
  if string.sub(tag, 1, #own) == own then
    redis.call('ZADD', KEYS[2], 'XX', 'GT', stamp, tag)
    renewed = renewed + 1
  end
end
return { 'OK', #tags, renewed }
