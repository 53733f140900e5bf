-- Renews a lease that still stands; what a busy worker's other thread does for it.
-- KEYS[1]  ntq:workers         zset  owner -> end of its lease, seconds
-- KEYS[2]  ntq:worker:<owner>  hash  about this worker
-- ARGV[1]  owner
-- ARGV[2]  lease, seconds
-- Returns  1 renewed; 0 cut off
-- @include now
if not redis.call('ZSCORE', KEYS[1], ARGV[1]) then return 0 end
redis.call('HDEL', KEYS[2], '')
redis.call('ZADD', KEYS[1], string.format('%.6f', now + tonumber(ARGV[2])), ARGV[1])
redis.call('EXPIRE', KEYS[2], math.ceil(tonumber(ARGV[2]) * 3))
return 1
